"""medlead: printed evidence and raw records, validated, analysed, judged and shown."""
