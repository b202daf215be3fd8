"""The one table of actions: menus, shortcuts, the command palette and the shortcut sheet are made from it.

Standard library only.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person can do.  `place` is "window" or the view in which it works."""

    id: str
    text: str
    shortcut: str
    tooltip: str
    icon: str
    place: str = "window"
    more: tuple[str, ...] = ()
    """Other keys that do it, too, until a person chooses keys for it."""


ACTIONS = (
    Action("home", "Go to Home", "Ctrl+1", "Templates and recent models", "home"),
    Action("data", "Go to Data", "Ctrl+5", "Datasets: what is in them, and how more are added", "data"),
    Action("design", "Go to Design", "Ctrl+2", "The drawing of the open model", "design"),
    Action("runs", "Go to Runs", "Ctrl+3", "Every training, live and past", "runs"),
    Action("compare", "Go to Compare", "Ctrl+4", "Runs side by side", "compare"),
    Action("inspect", "Go to Inspect", "Ctrl+6", "Where a trained model errs, and why", "inspect"),
    Action("settings", "Go to Settings", "Ctrl+,", "Theme, device, workspace and this machine", "settings"),
    Action("palette", "Search everything", "Ctrl+K", "Find a command, node, model or run by name", "search"),
    Action("new_model", "New model", "Ctrl+N", "Start on an empty canvas", "plus"),
    Action("open_file", "Open…", "Ctrl+O", "Open a model file as a new model of this workspace", "open"),
    Action(
        "save",
        "Save a version…",
        "Ctrl+S",
        "Keep the model as it is now under a name; edits are saved by themselves",
        "save",
    ),
    Action(
        "export_file", "Save a copy…", "Ctrl+Shift+S", "Write the open model to a file of its own", "export"
    ),
    Action(
        "export_model",
        "Export untrained…",
        "",
        "Write the open model for other programs, with first weights: ONNX, safetensors, torch, a Python program",
        "export",
    ),
    Action("add_data", "Add data…", "Ctrl+Shift+O", "Add files or a folder of your own as a dataset", "data"),
    Action("rename_model", "Rename model", "Shift+F2", "Give the open model another name", "rename"),
    Action("train", "Train", "Ctrl+Return", "Queue a run of the model as it is drawn now", "play"),
    Action("theme_dark", "Dark theme", "", "Light text on dark", "theme"),
    Action("theme_light", "Light theme", "", "Dark text on light", "theme"),
    Action("theme_system", "Theme of the system", "", "Follow what the desktop says", "theme"),
    Action("shortcuts", "Keyboard shortcuts", "?", "Every action and its keys", "keyboard"),
    Action("quit", "Close the window", "Ctrl+Q", "Close the window; runs go on without it", "close"),
    Action("undo", "Undo", "Ctrl+Z", "Take back the last edit", "undo", "design"),
    Action("redo", "Redo", "Ctrl+Shift+Z", "Do again what was taken back", "redo", "design", ("Ctrl+Y",)),
    Action(
        "add_node", "Add a node…", "Tab", "Search the node types and add one at the cursor", "plus", "design"
    ),
    Action("cut", "Cut", "Ctrl+X", "Copy the selected nodes and remove them", "cut", "design"),
    Action("copy", "Copy", "Ctrl+C", "Copy the selected nodes", "copy", "design"),
    Action("paste", "Paste", "Ctrl+V", "Insert the copied nodes", "paste", "design"),
    Action(
        "paste_linked",
        "Paste with links",
        "Ctrl+Shift+V",
        "Insert the copied nodes and link them to what fed them, where that is here",
        "paste",
        "design",
    ),
    Action(
        "duplicate", "Duplicate", "Ctrl+D", "Copy the selected nodes beside themselves", "duplicate", "design"
    ),
    Action(
        "delete",
        "Delete",
        "Del",
        "Remove what is selected; undo brings it back",
        "delete",
        "design",
        ("Backspace",),
    ),
    Action("rename_node", "Rename", "F2", "Give the selected node another name", "rename", "design"),
    Action(
        "heal",
        "Delete and heal",
        "Ctrl+Del",
        "Remove the selection and link what it stood between",
        "delete",
        "design",
    ),
    Action(
        "link_nodes",
        "Link in order",
        "F",
        "Link the selected nodes in the order of selection",
        "link",
        "design",
    ),
    Action(
        "bypass",
        "Bypass",
        "Ctrl+B",
        "The selected nodes hand their first input on, or work again",
        "bypass",
        "design",
    ),
    Action(
        "mute",
        "Mute",
        "Ctrl+M",
        "The selected nodes and what needs them are left out, or work again",
        "mute",
        "design",
    ),
    Action("pin", "Pin", "P", "The selected nodes cannot be dragged, or can again", "pin", "design"),
    Action(
        "collapse",
        "Collapse",
        "Alt+C",
        "The selected nodes show their title only, or all again",
        "collapse",
        "design",
    ),
    Action(
        "hide_links",
        "Hide links",
        "H",
        "Links of the selected nodes show only under the pointer",
        "eye",
        "design",
    ),
    Action(
        "select_invert", "Invert selection", "Ctrl+I", "Select what is not selected", "select-all", "design"
    ),
    Action(
        "select_upstream",
        "Select upstream",
        "[",
        "Also select everything that feeds the selection",
        "back",
        "design",
    ),
    Action(
        "select_downstream",
        "Select downstream",
        "]",
        "Also select everything that the selection feeds",
        "enter",
        "design",
    ),
    Action(
        "select_type",
        "Select same type",
        "Shift+T",
        "Also select every node of the selected types",
        "filter",
        "design",
    ),
    Action(
        "find",
        "Find on the canvas…",
        "Ctrl+F",
        "Find nodes by name, type, value or shape",
        "search",
        "design",
    ),
    Action(
        "align_left",
        "Align left",
        "Alt+Shift+Left",
        "Left edges of the selection in one line",
        "align-left",
        "design",
    ),
    Action(
        "align_right", "Align right", "Alt+Shift+Right", "Right edges in one line", "align-right", "design"
    ),
    Action("align_top", "Align top", "Alt+Shift+Up", "Top edges in one line", "align-top", "design"),
    Action(
        "align_bottom", "Align bottom", "Alt+Shift+Down", "Bottom edges in one line", "align-bottom", "design"
    ),
    Action(
        "align_column",
        "Align in a column",
        "Alt+Shift+V",
        "Middles above each other",
        "align-column",
        "design",
    ),
    Action("align_row", "Align in a row", "Alt+Shift+H", "Middles beside each other", "align-row", "design"),
    Action(
        "distribute_x",
        "Distribute across",
        "Alt+Shift+X",
        "Equal gaps from left to right",
        "distribute-x",
        "design",
    ),
    Action(
        "distribute_y",
        "Distribute down",
        "Alt+Shift+Y",
        "Equal gaps from top to bottom",
        "distribute-y",
        "design",
    ),
    Action(
        "straighten",
        "Straighten links",
        "Alt+Shift+S",
        "Move the selection so that its links are level",
        "straighten",
        "design",
    ),
    Action(
        "arrange",
        "Arrange",
        "Ctrl+L",
        "Lay out the selection, or the whole drawing, in layers",
        "layout",
        "design",
    ),
    Action(
        "arrange_branch",
        "Arrange branch",
        "Ctrl+Shift+L",
        "Lay out what feeds the selected node and what it feeds",
        "layout",
        "design",
    ),
    Action("frame_nodes", "Frame", "Shift+F", "A titled frame around the selected nodes", "frame", "design"),
    Action("add_note", "Note", "N", "A note on the canvas", "note", "design"),
    Action(
        "add_bookmark",
        "Add bookmark",
        "Ctrl+Shift+B",
        "Come back to this place and zoom by name",
        "bookmark",
        "design",
    ),
    Action("bookmarks", "Bookmarks…", "B", "Go to a bookmark", "bookmark", "design"),
    Action(
        "minimap", "Minimap", "M", "Show or hide the small picture of the whole drawing", "minimap", "design"
    ),
    Action("make_block", "Make a block", "Ctrl+G", "Turn the selected nodes into a block", "block", "design"),
    Action(
        "unpack_block",
        "Unpack block",
        "Ctrl+Shift+G",
        "Put the nodes of the selected block in its place",
        "unpack",
        "design",
    ),
    Action(
        "keep_block",
        "Keep block in the library",
        "",
        "Other models of this workspace can use it",
        "library",
        "design",
    ),
    Action(
        "block_library",
        "Blocks of the library…",
        "Ctrl+Shift+K",
        "Add a block that was kept",
        "library",
        "design",
    ),
    Action(
        "node_help",
        "Help on the node",
        "F1",
        "What the selected node does, with formula, shapes and reference",
        "info",
        "design",
    ),
    Action(
        "live_values",
        "Live values",
        "V",
        "Activations, gradients, time and memory while a run of this model trains",
        "eye",
        "design",
    ),
    Action("history", "History", "Ctrl+H", "Every step of the open model, to go back to", "clock", "design"),
    Action("versions", "Versions…", "Ctrl+Alt+S", "Named versions of the open model", "clock", "design"),
    Action(
        "export_picture",
        "Export drawing…",
        "Ctrl+E",
        "The drawing as SVG or as PNG that holds the model",
        "export",
        "design",
    ),
    Action(
        "copy_picture",
        "Copy as picture",
        "Ctrl+Shift+C",
        "The drawing as a picture on the clipboard",
        "image",
        "design",
    ),
    Action(
        "share_weights",
        "Linked copy",
        "Ctrl+Shift+D",
        "Add a copy that shares the weights of the selected node; a selected copy gets its own again",
        "link",
        "design",
    ),
    Action("enter_block", "Enter block", "Return", "Go into the selected block", "enter", "design"),
    Action("leave_block", "Leave block", "Alt+Up", "Go back to where the block stands", "back", "design"),
    Action("select_all", "Select all", "Ctrl+A", "Select every node", "select-all", "design"),
    Action("fit", "Fit", ".", "Show the selection, or the whole drawing", "fit", "design"),
    Action("fit_all", "Fit the whole drawing", "Home", "Show the whole drawing", "fit", "design"),
    Action("zoom_in", "Zoom in", "Ctrl++", "Larger", "zoom-in", "design", ("Ctrl+=",)),
    Action("zoom_out", "Zoom out", "Ctrl+-", "Smaller", "zoom-out", "design"),
    Action("zoom_reset", "Actual size", "Ctrl+0", "Zoom to 100 %", "search", "design"),
    Action(
        "run_pause",
        "Pause or resume",
        "Space",
        "Pause the selected runs, or let paused, stopped and failed ones go on",
        "pause",
        "runs",
    ),
    Action("run_stop", "Stop", "Ctrl+.", "End the selected runs; what they learned is kept", "stop", "runs"),
    Action(
        "run_open", "Open drawing", "Return", "A copy of the drawing that this run trained", "design", "runs"
    ),
    Action("run_compare", "Compare", "C", "Show the selected runs side by side", "compare", "runs"),
    Action(
        "run_inspect",
        "Inspect",
        "I",
        "Look into the model of this run: its errors, what it says to own samples, and why",
        "inspect",
        "runs",
    ),
    Action(
        "run_again",
        "Run again",
        "Ctrl+R",
        "Queue the same drawing, data and seed once more",
        "refresh",
        "runs",
    ),
    Action(
        "run_train_on",
        "Train on from these weights",
        "Ctrl+Shift+R",
        "A copy of the drawing that starts from the best weights of this run",
        "resume",
        "runs",
    ),
    Action(
        "run_weights",
        "Use its weights in the open model",
        "W",
        "Let the open model start from the best weights of this run, where names and shapes fit",
        "link",
        "runs",
    ),
    Action(
        "run_import",
        "Import runs…",
        "Ctrl+I",
        "Take in runs that TensorBoard or MLflow recorded; a folder dropped on the runs does the same",
        "import",
        "runs",
    ),
    Action(
        "workspace_import",
        "Import a workspace file…",
        "",
        "Take in the runs and models of another workspace, or of a part of one; what comes is shown before",
        "import",
        "runs",
    ),
    Action(
        "workspace_export",
        "Export the whole workspace…",
        "",
        "Write all runs, models and weights to one file, to take into another workspace",
        "export",
        "runs",
    ),
    Action("run_star", "Star", "S", "Give the selected runs a star, or take it away", "star", "runs"),
    Action("run_tags", "Tags…", "T", "Add tags to the selected runs, or take them away", "tag", "runs"),
    Action(
        "run_archive",
        "Put away",
        "A",
        "Hide the selected runs from the table, or take them out again; the filter “archived” shows them",
        "archive",
        "runs",
    ),
    Action(
        "run_delete",
        "Delete runs",
        "Del",
        "Put the selected runs into the trash; can be undone",
        "delete",
        "runs",
    ),
    Action(
        "run_trash",
        "Trash of runs",
        "",
        "Deleted runs: take them back, or delete them for good",
        "delete",
        "runs",
    ),
    Action(
        "next_difference",
        "Next difference",
        "F7",
        "Go to the next thing in which the runs differ",
        "chevron-down",
        "compare",
    ),
    Action(
        "previous_difference",
        "Previous difference",
        "Shift+F7",
        "Go to the thing before in which the runs differ",
        "chevron-up",
        "compare",
    ),
    Action("data_find", "Find a dataset", "Ctrl+F", "Search the list of datasets", "search", "data"),
    Action(
        "data_public",
        "Public sets…",
        "",
        "MNIST, CIFAR, Cora and others: what they are, and fetching them",
        "library",
        "data",
    ),
    Action(
        "data_use",
        "Use in a model",
        "Ctrl+U",
        "Begin a model with the dataset that is shown",
        "design",
        "data",
    ),
    Action(
        "data_again",
        "Read anew…",
        "Ctrl+R",
        "Look at the source once more, change how it is read, and add it anew",
        "refresh",
        "data",
    ),
)
WRITES = frozenset(
    "save add_data train keep_block data_again run_pause run_stop run_again run_import workspace_import run_star"
    " run_tags run_archive run_delete".split()
)
"""What changes the workspace: it is greyed out where that can only be looked at."""
_DESIGN_GROUPS = {
    "Edit": "undo redo history versions add_node cut copy paste paste_linked duplicate delete heal rename_node"
    " link_nodes",
    "Nodes": "bypass mute pin collapse hide_links share_weights node_help live_values",
    "Select and find": "select_all select_invert select_upstream select_downstream select_type find",
    "Arrange": "arrange arrange_branch align_left align_right align_top align_bottom align_column align_row"
    " distribute_x distribute_y straighten",
    "Blocks": "make_block unpack_block enter_block leave_block keep_block block_library",
    "Frames, notes, pictures": "frame_nodes add_note add_bookmark bookmarks export_picture copy_picture",
    "View": "fit fit_all zoom_in zoom_out zoom_reset minimap",
}
BY_ID = {action.id: action for action in ACTIONS}


def groups() -> list[tuple[str, list[Action]]]:
    """All actions under the headings that the sheet and the settings show them by."""
    made: dict[str, list[Action]] = {"Everywhere": []}
    titles = {id: title for title, ids in _DESIGN_GROUPS.items() for id in ids.split()}
    for title in _DESIGN_GROUPS:
        made[title] = []
    for action in ACTIONS:
        usual = {"window": "Everywhere", "design": "Edit"}.get(action.place, action.place.capitalize())
        made.setdefault(titles.get(action.id, usual), []).append(action)
    order = {id: number for number, id in enumerate(titles)}
    return [
        (title, sorted(actions, key=lambda action: order.get(action.id, len(order))))
        for title, actions in made.items()
        if actions
    ]
