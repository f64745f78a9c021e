"""Operations: judgements about host, home and crontab, and the rule by which old days go."""
