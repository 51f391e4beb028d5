package main

import "go/ast"

// meaningless are the places of a file where a change means nothing, whatever the code
// around it does, so that no test could notice it:
//
//   - a capacity, or the size with which a map starts, given to make, slices.Grow or a
//     Grow method;
//   - the sign of math.Inf and the bit size of strconv.ParseFloat, of which only a few
//     values differ;
//   - the deferred cancel of a context with a timeout, which ends by itself, like a
//     deferred Stop of a timer.
func meaningless(file *ast.File) map[ast.Node]bool {
	all := map[ast.Node]bool{}
	timed := map[string]bool{} // names of the cancel functions of contexts with a timeout
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			clear(timed)
		case *ast.AssignStmt:
			if len(n.Lhs) == 2 && len(n.Rhs) == 1 && isCall(n.Rhs[0], "context", "WithTimeout", "WithTimeoutCause", "WithDeadline", "WithDeadlineCause") {
				if cancel, ok := n.Lhs[1].(*ast.Ident); ok {
					timed[cancel.Name] = true
				}
			}
		case *ast.DeferStmt:
			if f, ok := n.Call.Fun.(*ast.Ident); ok && timed[f.Name] || isCall(n.Call, "", "Stop") {
				all[n] = true
			}
		case *ast.ExprStmt:
			if isCall(n.X, "", "Grow") {
				all[n] = true
			}
		case *ast.CallExpr:
			for _, arg := range sizes(n) {
				all[arg] = true
			}
		}
		return true
	})
	return all
}

// sizes are the arguments of a call that mean nothing.
func sizes(call *ast.CallExpr) []ast.Expr {
	args := call.Args
	if f, ok := call.Fun.(*ast.Ident); ok && f.Name == "make" {
		_, isMap := args[0].(*ast.MapType)
		switch {
		case len(args) == 3:
			return args[2:]
		case len(args) == 2 && isMap:
			return args[1:]
		}
	}
	switch {
	case isCall(call, "math", "Inf"):
		return args
	case isCall(call, "strconv", "ParseFloat"), isCall(call, "slices", "Grow"):
		return args[1:]
	}
	return nil
}

// isCall reports whether an expression calls one of these functions of a package or, if
// no package is given, one of these methods.
func isCall(e ast.Expr, pkg string, names ...string) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	if x, ok := f.X.(*ast.Ident); pkg != "" && (!ok || x.Name != pkg) {
		return false
	}
	for _, name := range names {
		if f.Sel.Name == name {
			return true
		}
	}
	return false
}
