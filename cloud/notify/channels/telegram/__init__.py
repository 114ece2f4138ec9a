"""Telegram: messages of a bot, in one chat."""
