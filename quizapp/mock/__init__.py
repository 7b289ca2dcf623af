"""Mock interviews: what is asked, what is heard in an answer, and the band it earns. Knows no Textual."""
