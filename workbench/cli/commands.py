"""All commands. Each is a thin layer over store, jobs, catalog and codegen; torch runs in processes of its own."""

from typing import Annotated

import typer
from rich.table import Table

from workbench import __version__
from workbench.catalog import templates as library
from workbench.catalog.check import Analysis, analyse
from workbench.catalog.problems import Problem
from workbench.cli import (
    data,
    export,
    export_runs,
    import_runs,
    predict,
    report,
    runs,
    training,
    trash,
    workspaces,
)
from workbench.cli.common import (
    DataOption,
    JsonOption,
    ModelArgument,
    ReaderOption,
    SetOption,
    WorkspaceOption,
    console,
    errors,
    find_model,
    opened,
    say_json,
)
from workbench.cli.reading import OptionOption, TargetOption, source_of
from workbench.cli.workspace import default_workspace, has_display, open_window
from workbench.core import text
from workbench.core.document import Document
from workbench.core.shapes import TensorSpec

app = typer.Typer(
    name="workbench",
    help="Draw, train and compare deep-learning models. Without a command the window opens.",
    no_args_is_help=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
app.command("train")(training.train)
app.command("export")(export.export)
app.command("predict")(predict.predict)
runs.app.command("export")(export_runs.export)
runs.app.command("report")(report.report)
runs.app.command("import")(import_runs.import_)
runs.app.command("trash")(trash.trash)
runs.app.command("restore")(trash.restore)
runs.app.command("purge")(trash.purge)
app.add_typer(runs.app, name="runs")
app.add_typer(data.app, name="data")
app.add_typer(workspaces.app, name="workspace")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"workbench {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    workspace: WorkspaceOption = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the whole traceback of an error.")] = False,
) -> int:
    """Draw, train and compare deep-learning models. Without a command the window opens."""
    if context.invoked_subcommand is not None:
        if workspace is not None:
            raise typer.BadParameter("write it after the command", param_hint="--workspace")
        return 0
    if has_display():
        return open_window(workspace.resolve() if workspace else default_workspace())
    console.print("There is no display here, so the first template is trained in this terminal instead.")
    console.print("(With a screen, `workbench` opens the window. `workbench --help` lists all commands.)\n")
    return training.train(library.templates()[0].id, workspace=workspace)


@app.command()
def templates(json: JsonOption = False) -> None:
    """List the ready models."""
    if json:
        say_json(
            [
                {
                    "id": template.id,
                    "title": template.title,
                    "category": template.category,
                    "goal": template.goal,
                    "parameters": template.parameters,
                }
                for template in library.templates()
            ]
        )
        return
    table = Table("Template", "Title", "Category", "Parameters", "What it does", box=None, pad_edge=False)
    for template in library.templates():
        table.add_row(
            template.id, template.title, template.category, f"{template.parameters:,}", template.goal
        )
    console.print(table)


@app.command()
def check(
    model: ModelArgument,
    data: DataOption = None,
    reader: ReaderOption = "",
    target: TargetOption = "",
    option: OptionOption = None,
    set: SetOption = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> int:
    """Check a model: shapes, problems, parameters."""
    document = find_model(model, workspace)
    source = source_of(data, reader, target, option)
    with opened(workspace, new=False) as store:
        document, known = training.prepared(store, document, source, set, anyway=True)
    analysis = analyse(document, known)
    if json:
        say_json(_as_json(analysis))
    else:
        _print_check(document, analysis)
    return 0 if analysis.ok else 1


@app.command()
def code(
    model: ModelArgument,
    data: DataOption = None,
    reader: ReaderOption = "",
    target: TargetOption = "",
    option: OptionOption = None,
    set: SetOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Print the PyTorch program of a model: the very text that trains."""
    from workbench.codegen.program import generate

    document = find_model(model, workspace)
    source = source_of(data, reader, target, option)
    with opened(workspace, new=False) as store:
        document, known = training.prepared(store, document, source, set)
    print(generate(document, analyse(document, known)), end="")


@app.command()
def doctor(json: JsonOption = False, workspace: WorkspaceOption = None) -> int:
    """Say what this installation is made of, and whether anything is wrong with it."""
    from workbench.cli.doctor import examine

    findings = examine(workspace.resolve() if workspace else default_workspace())
    if json:
        say_json(
            {"ok": all(found.ok for found in findings), "findings": [found.as_dict() for found in findings]}
        )
    else:
        for found in findings:
            mark = "[green]ok[/]  " if found.ok else "[red]bad[/] "
            console.print(f"{mark} {found.name}: {found.text}", highlight=False, soft_wrap=True)
    return 0 if all(found.ok for found in findings) else 1


def _as_json(analysis: Analysis) -> dict[str, object]:
    return {
        "ok": analysis.ok,
        "parameters": analysis.parameters,
        "operations": analysis.operations,
        "problems": [_problem(problem) for problem in analysis.problems],
        "nodes": [
            {
                "id": path,
                "type": info.type,
                "outputs": {port: _spec(spec) for port, spec in info.outputs.items()},
                "parameters": info.parameters,
            }
            for path, info in analysis.nodes.items()
        ],
    }


def _problem(problem: Problem) -> dict[str, object]:
    return {
        "severity": problem.severity,
        "node": problem.path or problem.node,
        "port": problem.port,
        "message": problem.message,
        "fixes": [fix.label for fix in problem.fixes],
    }


def _spec(spec: TensorSpec) -> dict[str, object]:
    return {"shape": list(spec.shape), "dtype": spec.dtype}


def _print_check(document: Document, analysis: Analysis) -> None:
    table = Table("Node", "Type", "Output", "Parameters", box=None, pad_edge=False)
    for path, info in analysis.nodes.items():
        shapes = ", ".join(str(spec) for spec in info.outputs.values())
        table.add_row(path, info.type, shapes, f"{info.parameters:,}" if info.parameters else "")
    console.print(table)
    for problem in analysis.problems:
        fixes = "".join(f" Fix: {fix.label}." for fix in problem.fixes)
        errors.print(f"{problem.severity}: {problem}{fixes}", markup=False, highlight=False, soft_wrap=True)
    operations = text.count(analysis.operations)
    console.print(
        f"{document.name}: {analysis.parameters:,} parameters, {operations} multiply-adds an example",
        highlight=False,
    )
