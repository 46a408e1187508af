"""The terminal app: one screen per file, every key in ``keys.py``; ``app.run_app`` starts it.

    app.py         wires: run_app, themes, signals, which screen comes after which
    crash.py       what happens to an error that nobody expected
    worker.py      the one thread that owns the collection
    keys.py        every key, once: the bindings, the foot, the help screen and the palette (palette.py) read it
    screen.py      what all screens share; reading.py: those that are only read
    home.py  review.py  summary.py  first_run.py  import_screen.py  help.py  card_info.py     the screens
    rendering.py   card text -> lines of a width; card_sides.py: question and answer; vignette.py: its options
    card_body.py   where a card's text is scrolled; buttons.py: the four ratings
    editing.py     a note edited from the app; editor.py: how an editor is called
    importing.py   an import and its report in sentences; path_input.py: a line to type a path into
    safe.py        the only way for text of decks, files and people into a widget
    lines.py  rows.py  words.py  theme.py  styles.tcss    the furniture
"""
