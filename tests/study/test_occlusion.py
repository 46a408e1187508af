"""Image occlusion told in words: Anki's own, and the older add-on's."""

from __future__ import annotations

import pytest

from flashcore.domain.note import Markup, Note
from flashcore.domain.note_cards import card_ordinals
from flashcore.domain.note_type import NoteKind, NoteType, Template
from flashcore.study.card_face import CardFace, card_face, plain_answer, plain_question
from flashcore.study.occlusion import Shape, read_shapes
from flashcore.study.rich_text import plain

PAGE = ('{{#Header}}<div>{{Header}}</div>{{/Header}}<div style="display: none">{{cloze:Occlusion}}</div><div id="err">'
        '</div><div>{{Image}}<canvas id="image-occlusion-canvas"></canvas></div><script>try { setup() } catch (e) '
        "{ err.innerHTML = `Error loading image occlusion. ${e}`; }</script>")
OCCLUSION = NoteType("Image Occlusion", NoteKind.CLOZE, ("Occlusion", "Image", "Header", "Back Extra", "Comments"), (
    Template("Image Occlusion", PAGE, PAGE + '<div><button id="toggle">Toggle Masks</button></div>'
             "{{#Back Extra}}<div>{{Back Extra}}</div>{{/Back Extra}}"),))
RECT = "{{c1::image-occlusion:rect:left=.1:top=.05:width=.12:height=.08}}"
ROUND = "{{c2::image-occlusion:ellipse:left=.7:top=.75:rx=.1:ry=.05:oi=1}}"
OUTLINE = "{{c3::image-occlusion:polygon:points=.4,.4 .5,.6 .6,.4:oi=1}}"


def a_picture(shapes: str, **more: str) -> Note:
    values = {"Image": '<img src="heart%20left.png">', "Occlusion": shapes, **more}
    return Note("g", OCCLUSION, tuple(values.get(name.replace(" ", "_"), "") for name in OCCLUSION.fields),
                markup=Markup.HTML)


def said(face: CardFace) -> tuple[str, str]:
    return plain_question(face), plain(face.answer)


def test_a_card_says_what_is_hidden_where_and_which_of_how_many() -> None:
    note = a_picture(f"{RECT}<br>{ROUND}<br>{OUTLINE}", Header="Heart", Back_Extra="More")
    assert card_ordinals(note) == (0, 1, 2)
    face = card_face(note, 1)
    assert said(face) == (
        "Heart\n[picture: heart left.png]\n"
        "Hidden (2 of 3): ellipse in the lower right, 20 % x 10 % of the picture. The others are hidden too.",
        "Heart\n[picture: heart left.png]\n"
        "Look at heart left.png: ellipse in the lower right, 20 % x 10 % of the picture")
    assert (face.kind_name, plain_answer(face)) == (
        "occlusion", "ellipse in the lower right, 20 % x 10 % of the picture")
    assert [(extra.name, plain(extra.text)) for extra in face.extras] == [("Back Extra", "More")]


@pytest.mark.parametrize(("shapes", "ordinal", "sentence"), [
    (RECT, 0, "Hidden: rectangle in the upper left, 12 % x 8 % of the picture."),
    (RECT + OUTLINE, 0, "Hidden (1 of 2): rectangle in the upper left, 12 % x 8 % of the picture. Nothing else is "
                        "hidden."),
    (RECT + OUTLINE, 2, "Hidden (2 of 2): outline in the middle, 20 % x 20 % of the picture. The other one is hidden "
                        "too."),
    (RECT + RECT.replace("left=.1", "left=.8"), 0, "Hidden: rectangle in the upper left, 12 % x 8 % of the picture; "
                                                   "rectangle in the upper right, 12 % x 8 % of the picture."),
    ("{{c1::image-occlusion:text:left=.5:top=.9:text=aorta\\: arch:scale=1}}", 0,
     "Hidden: label 'aorta: arch' in the lower middle."),
    (RECT, 5, "This card asks nothing: its note has no deletion c6. Edit the note, or delete the card."),
])
def test_shapes_are_told_in_words(shapes: str, ordinal: int, sentence: str) -> None:
    assert plain_question(card_face(a_picture(shapes), ordinal)).split("\n")[-1] == sentence


@pytest.mark.parametrize(("field", "shapes"), [
    ("no shapes", ()),
    ("{{c1::image-occlusion:rect:left=x:top=.:width=-1:height=NaN}}", (Shape((0,), "rect", 0, 0, 0, 0),)),
    ("{{c1::image-occlusion:rect:left=7:top=.5}}", (Shape((0,), "rect", 1, 0.5, 0, 0),)),
    ("{{c1,3::image-occlusion:polygon:points=1 2}}", (Shape((0, 2), "polygon", 0, 0, 0, 0),)),
    ("{{c1::image-occlusion:rect:left=.1", ()),
])
def test_a_shape_that_is_wrong_is_told_as_far_as_it_is_known(field: str, shapes: tuple[Shape, ...]) -> None:
    assert read_shapes(field) == shapes


MASKS = NoteType("Image Occlusion Enhanced", NoteKind.STANDARD, (
    "ID (hidden)", "Header", "Image", "Question Mask", "Footer", "Remarks", "Sources", "Extra 1", "Extra 2",
    "Answer Mask", "Original Mask"), (Template(
        "IO Card", "{{#Image}}<div>{{Header}}</div><div>{{Question Mask}}</div><div>{{Image}}</div>{{/Image}}",
        "{{#Image}}<div>{{Header}}</div><div>{{Answer Mask}}</div><div>{{Image}}</div>"
        "{{#Remarks}}<div>Remarks</div>{{Remarks}}{{/Remarks}}{{/Image}}"),))


@pytest.mark.parametrize(("mask", "sentence"), [
    ('<img src="ab12-ao-3-Q.svg" />', "mask 3 on the picture (file ab12-ao-3-Q.svg). All others are hidden too."),
    ('<img src="ab12-oa-1-Q.svg" />', "mask 1 on the picture (file ab12-oa-1-Q.svg). Nothing else is hidden."),
    ('<img src="other.svg">', "mask 7 on the picture (file other.svg). All others are hidden too."),
    ("", "mask 7 on the picture. All others are hidden too."),
])
def test_a_card_of_the_older_add_on_names_its_mask(mask: str, sentence: str) -> None:
    values = {"ID (hidden)": "ab12-ao-7", "Header": "Brain", "Image": '<img src="brain.jpg">', "Question Mask": mask,
              "Answer Mask": '<img src="x-A.svg">', "Remarks": "see there"}
    note = Note("g", MASKS, tuple(values.get(name, "") for name in MASKS.fields), markup=Markup.HTML)
    face = card_face(note, 0)
    assert said(face) == (f"Brain\n[picture: brain.jpg]\nHidden: {sentence}",
                          "Remarks\nsee there\nLook at brain.jpg without its masks.")
