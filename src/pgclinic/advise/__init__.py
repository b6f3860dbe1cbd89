"""What to change: candidates, index selection and the other advisers. Pure; planners are asked by protocol."""
