"""What was delivered, decided and written: the memory that replay, undo and reports work on."""
