BEGIN TRANSACTION;
CREATE TABLE card (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	note_id INTEGER NOT NULL, 
	ordinal INTEGER NOT NULL, 
	deck_id INTEGER NOT NULL, 
	suspension TEXT, 
	buried_until INTEGER, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	new_order INTEGER, 
	UNIQUE (note_id, ordinal), 
	CONSTRAINT flag_is_a_colour CHECK (flag BETWEEN 0 AND 7), 
	FOREIGN KEY(note_id) REFERENCES note (id), 
	FOREIGN KEY(deck_id) REFERENCES deck (id)
)
 STRICT

;
INSERT INTO "card" VALUES(1,1,0,1,NULL,NULL,0,NULL);
INSERT INTO "card" VALUES(2,2,0,1,NULL,NULL,0,NULL);
INSERT INTO "card" VALUES(3,2,1,1,NULL,NULL,0,3145728);
INSERT INTO "card" VALUES(4,3,0,2,NULL,NULL,0,4194304);
CREATE TABLE change (
	seq INTEGER NOT NULL, 
	uuid TEXT NOT NULL, 
	what TEXT NOT NULL, 
	changed_at INTEGER NOT NULL, 
	"before" TEXT NOT NULL, 
	"after" TEXT NOT NULL, 
	undoes TEXT, 
	PRIMARY KEY (seq), 
	UNIQUE (uuid)
)
 STRICT

;
INSERT INTO "change" VALUES(1,'000000000002','add',1772442000000,'{"note": {"1": null}, "deck": {"1": null}, "card": {"1": null}}','{"note": {"1": {"id": 1, "guid": "000000000001", "note_type_id": 1, "markup": "markdown", "fields": "Q1?\u001fHaemoglobin\u001f\u001f", "tags": "system::renal", "cloze_ordinals": "", "added_at": 1772442000000, "changed_at": 1772442000000, "file_id": null, "line": 0, "id_in_file": "", "base_fields": null, "base_tags": null, "base_deck": null, "primary_system": "renal-urinary", "depth": "recall", "topic": null}}, "deck": {"1": {"id": 1, "name": "Medicine"}}, "card": {"1": {"id": 1, "note_id": 1, "ordinal": 0, "deck_id": 1, "suspension": null, "buried_until": null, "flag": 0, "new_order": 1048576}}}',NULL);
INSERT INTO "change" VALUES(2,'000000000004','add',1772442000000,'{"note": {"2": null}, "card": {"2": null, "3": null}}','{"note": {"2": {"id": 2, "guid": "000000000003", "note_type_id": 2, "markup": "markdown", "fields": "Cor pulmonale\u001fRight heart failure caused by lung disease\u001f\u001f", "tags": "", "cloze_ordinals": "", "added_at": 1772442000000, "changed_at": 1772442000000, "file_id": null, "line": 0, "id_in_file": "", "base_fields": null, "base_tags": null, "base_deck": null, "primary_system": null, "depth": "recall", "topic": null}}, "card": {"2": {"id": 2, "note_id": 2, "ordinal": 0, "deck_id": 1, "suspension": null, "buried_until": null, "flag": 0, "new_order": 2097152}, "3": {"id": 3, "note_id": 2, "ordinal": 1, "deck_id": 1, "suspension": null, "buried_until": null, "flag": 0, "new_order": 3145728}}}',NULL);
INSERT INTO "change" VALUES(7,'000000000009','flag',1772596800000,'{"card": {"1": {"flag": 0}}}','{"card": {"1": {"flag": 3}}}',NULL);
INSERT INTO "change" VALUES(8,'000000000010','undo',1772596800000,'{"card": {"1": {"flag": 3}}}','{"card": {"1": {"flag": 0}}}','000000000009');
INSERT INTO "change" VALUES(9,'000000000011','import',1772596800000,'{}','{"import": {"path": "/decks/deck.md", "new": 1, "updated": 0}}',NULL);
CREATE TABLE deck (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
)
 STRICT

;
INSERT INTO "deck" VALUES(1,'Medicine');
INSERT INTO "deck" VALUES(2,'c::deck');
CREATE TABLE deck_file (
	id INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	read_at INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (path)
)
 STRICT

;
INSERT INTO "deck_file" VALUES(1,'/decks/deck.md','0f78f33a226bef2341d1031212d289d5a2026008b369da12baade5c9cd58acf2',1772596800000);
CREATE TABLE media (
	name TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	size INTEGER NOT NULL, 
	PRIMARY KEY (name)
)
 STRICT

;
CREATE TABLE note (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	guid TEXT NOT NULL, 
	note_type_id INTEGER NOT NULL, 
	markup TEXT NOT NULL, 
	fields TEXT NOT NULL, 
	tags TEXT NOT NULL, 
	cloze_ordinals TEXT DEFAULT '' NOT NULL, 
	added_at INTEGER NOT NULL, 
	changed_at INTEGER NOT NULL, 
	file_id INTEGER, 
	line INTEGER DEFAULT '0' NOT NULL, 
	id_in_file TEXT DEFAULT '' NOT NULL, 
	base_fields TEXT, 
	base_tags TEXT, 
	base_deck TEXT, 
	primary_system TEXT, 
	depth TEXT NOT NULL, 
	topic TEXT, 
	UNIQUE (guid), 
	FOREIGN KEY(note_type_id) REFERENCES note_type (id), 
	FOREIGN KEY(file_id) REFERENCES deck_file (id)
)
 STRICT

;
INSERT INTO "note" VALUES(1,'000000000001',1,'markdown','Q1?Haemoglobin','system::renal','',1772442000000,1772442000000,NULL,0,'',NULL,NULL,NULL,'renal-urinary','recall',NULL);
INSERT INTO "note" VALUES(2,'000000000003',2,'markdown','Cor pulmonaleRight heart failure caused by lung disease','','',1772442000000,1772442000000,NULL,0,'',NULL,NULL,NULL,NULL,'recall',NULL);
INSERT INTO "note" VALUES(3,'fc-dc2d1bffe0cf8b',1,'markdown','one?1','depth::recall','',1772596800000,1772596800000,1,1,'','one?1','depth::recall','c::deck',NULL,'recall',NULL);
CREATE TABLE note_tag (
	tag TEXT NOT NULL, 
	note_id INTEGER NOT NULL, 
	PRIMARY KEY (tag, note_id), 
	FOREIGN KEY(note_id) REFERENCES note (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "note_tag" VALUES('system::renal',1);
INSERT INTO "note_tag" VALUES('system::renal-urinary',1);
INSERT INTO "note_tag" VALUES('depth::recall',3);
CREATE TABLE note_type (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	fields TEXT NOT NULL, 
	templates TEXT NOT NULL, 
	css TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
)
 STRICT

;
INSERT INTO "note_type" VALUES(1,'flashcore basic','standard','["Front", "Back", "Why", "Source"]','[["Card 1", "{{Front}}", "{{FrontSide}}<hr id=answer>{{Back}}{{#Why}}<div class=why>{{Why}}</div>{{/Why}}{{#Source}}<div class=source>{{Source}}</div>{{/Source}}"]]','');
INSERT INTO "note_type" VALUES(2,'flashcore reversed','standard','["Term", "Definition", "Why", "Source"]','[["Definition", "{{Term}}", "{{FrontSide}}<hr id=answer>{{Definition}}{{#Why}}<div class=why>{{Why}}</div>{{/Why}}{{#Source}}<div class=source>{{Source}}</div>{{/Source}}"], ["Term", "{{Definition}}", "{{FrontSide}}<hr id=answer>{{Term}}{{#Why}}<div class=why>{{Why}}</div>{{/Why}}{{#Source}}<div class=source>{{Source}}</div>{{/Source}}"]]','');
CREATE TABLE option (
	deck TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (deck, "key")
)
 STRICT

;
CREATE TABLE preset (
	id INTEGER NOT NULL, 
	options TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (options)
)
 STRICT

;
INSERT INTO "preset" VALUES(1,'{"desired_retention": 0.9, "learning_steps_seconds": [60, 600], "maximum_interval_days": 36500, "parameters": [0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796, 1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542], "relearning_steps_seconds": [600], "rollover_hour": 4}');
CREATE TABLE review (
	seq INTEGER NOT NULL, 
	uuid TEXT NOT NULL, 
	card_id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	answered_at INTEGER NOT NULL, 
	utc_offset_minutes INTEGER NOT NULL, 
	study_day INTEGER NOT NULL, 
	rating INTEGER, 
	duration_ms INTEGER, 
	preset_id INTEGER, 
	choice TEXT, 
	correct INTEGER, 
	undoes TEXT, 
	leech TEXT DEFAULT '' NOT NULL, 
	origin TEXT DEFAULT '' NOT NULL, 
	before_state INTEGER, 
	before_due_at INTEGER, 
	before_due_on INTEGER, 
	before_interval_days INTEGER, 
	before_step INTEGER, 
	before_stability_days REAL, 
	before_difficulty REAL, 
	before_reps INTEGER, 
	before_lapses INTEGER, 
	before_last_at INTEGER, 
	before_last_on INTEGER, 
	PRIMARY KEY (seq), 
	CONSTRAINT rating_is_known CHECK (rating BETWEEN 1 AND 4), 
	UNIQUE (uuid), 
	FOREIGN KEY(preset_id) REFERENCES preset (id)
)
 STRICT

;
INSERT INTO "review" VALUES(3,'000000000005',1,'scheduled',1772442000000,0,20514,3,5000,1,NULL,NULL,NULL,'','',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "review" VALUES(4,'000000000006',1,'scheduled',1772442600000,0,20514,3,5000,1,NULL,NULL,NULL,'','',1,1772442600000,20514,0,1,2.3065,2.11810397045901588342e+00,1,0,1772442000000,20514);
INSERT INTO "review" VALUES(5,'000000000007',1,'scheduled',1772596800000,0,20516,1,5000,1,NULL,NULL,NULL,'','',2,1772596800000,20516,2,NULL,2.3065,2.11121423578539513243e+00,2,0,1772442600000,20514);
INSERT INTO "review" VALUES(6,'000000000008',2,'scheduled',1772596800000,0,20516,4,5000,1,NULL,NULL,NULL,'','',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE schedule (
	card_id INTEGER NOT NULL, 
	state INTEGER NOT NULL, 
	due_at INTEGER NOT NULL, 
	due_on INTEGER NOT NULL, 
	interval_days INTEGER NOT NULL, 
	step INTEGER, 
	stability_days REAL, 
	difficulty REAL, 
	reps INTEGER NOT NULL, 
	lapses INTEGER NOT NULL, 
	last_at INTEGER, 
	last_on INTEGER, 
	PRIMARY KEY (card_id), 
	FOREIGN KEY(card_id) REFERENCES card (id) ON DELETE CASCADE
)
 STRICT

;
INSERT INTO "schedule" VALUES(1,3,1772597400000,20516,0,0,6.07701662663864383695e-01,7.3922381323426940014e+00,3,1,1772596800000,20516);
INSERT INTO "schedule" VALUES(2,2,1773201600000,20523,7,NULL,8.2956,1.0,1,0,1772596800000,20516);
CREATE UNIQUE INDEX change_undoing ON change (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX note_by_file ON note (file_id);
CREATE UNIQUE INDEX review_undoing ON review (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX review_by_card ON review (card_id);
CREATE INDEX review_by_day ON review (study_day);
CREATE INDEX note_tag_by_note ON note_tag (note_id);
CREATE INDEX card_by_deck ON card (deck_id);
CREATE INDEX card_new_by_deck ON card (deck_id, new_order) WHERE new_order IS NOT NULL;
CREATE INDEX schedule_by_due ON schedule (due_on);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('note',3);
INSERT INTO "sqlite_sequence" VALUES('card',4);
COMMIT;
