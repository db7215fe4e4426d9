"""What a search has tried: did every action fire, and did every property have something to say?"""
