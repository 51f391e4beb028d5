package main

// cores says where processes run; nothing in it: anywhere.
type cores struct{ candidates, others []int }
