"""One pane per view: each draws what its view says, and knows which agents its rows stand for."""
