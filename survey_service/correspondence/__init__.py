"""What goes out to people: printed slips, mails, and the door to the mail server."""
