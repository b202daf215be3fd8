"""What readers say, in the words of the forms: options, their choices and values, classes that people renamed."""

from workbench.gui.data.wording import Option, in_words, options_in_words, renamed

OPTIONS: list[Option] = [
    {"name": "length", "label": "Seconds", "help": "Of every sound.", "choices": []},
    {"name": "rate", "label": "Samples a second", "choices": []},
    {"name": "channel", "label": "Channels", "choices": [["", "Automatic"], ["mix", "All in one"]]},
]


def test_options_are_called_as_in_the_form() -> None:
    assert in_words(OPTIONS, "The option “length” keeps more.") == "The option “Seconds” keeps more."
    assert in_words(OPTIONS, "Set the option “length” or “rate” lower.") == (
        "Set the option “Seconds” or “Samples a second” lower."
    )
    assert in_words(OPTIONS, 'Use "mix" for the option "channel".') == (
        "Use “All in one” for the option “Channels”."
    )
    for sentence in ("The option “other” or “rate” is none.", 'The columns "a" or "rate" are empty.'):
        assert in_words(OPTIONS, sentence) == sentence


def test_values_are_told_under_their_labels_in_the_order_of_the_form() -> None:
    values = {"unknown_one": 3, "channel": "mix", "length": 0.5, "rate": None}
    assert options_in_words(OPTIONS, values) == [
        ("Seconds", "0.5", "Of every sound."),
        ("Channels", "All in one", ""),
        ("Unknown one", "3", ""),
    ]


def test_figures_have_the_names_that_people_gave() -> None:
    classes = {"kind": "bars", "title": "Classes", "names": ["b", "a"], "values": [1, 2]}
    others = {"kind": "bars", "title": "Sizes", "names": ["a", "8×8"], "values": [1, 2]}
    told = renamed([classes, others], ["a", "b"], ["ant", "bee"])
    assert told == [{**classes, "names": ["bee", "ant"]}, others]
    assert renamed([classes], ["a"], ["ant", "bee"]) == [classes]
