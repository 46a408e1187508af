"""The terminal app: one screen per file, every key in ``keys.py``; ``app.run_app`` starts it.

    app.py         wires: run_app, themes, the palette, which screen comes after which
    crash.py       what happens to an error that nobody expected
    worker.py      the one thread that owns the collection
    keys.py        every key, once: the bindings, the help screen and the palette read it
    home.py  review.py  summary.py  first_run.py  import_screen.py  help.py  card_info.py     the screens
    rendering.py  vignette.py  card_sides.py  card_body.py    a card: its text, its options, its sides, scrolled
    safe.py        the only way for text of decks, files and people into a widget
    lines.py  rows.py  words.py  theme.py  styles.tcss    the furniture
"""
