"""The page on which a person enters what they read: made for a phone, and kept there while there is no link."""
