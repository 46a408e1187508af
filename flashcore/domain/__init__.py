"""What a learner would recognise: notes, cards, decks, reviews, schedules, systems. No clock, no I/O."""
