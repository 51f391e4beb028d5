package utilities

// Rewriting are the namers that rewrite names.
var Rewriting = rewriting
