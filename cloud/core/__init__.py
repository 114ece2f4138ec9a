"""What every room of the cloud may use: health, times, reasons, ranges of seq. It imports no other room."""
