package main

import (
	"go/ast"
	"go/token"
	"strconv"
)

// otherOperator says what a binary operator becomes.
func otherOperator(op token.Token) string {
	switch op {
	case token.EQL:
		return "!="
	case token.NEQ:
		return "=="
	case token.LSS:
		return "<="
	case token.LEQ:
		return "<"
	case token.GTR:
		return ">="
	case token.GEQ:
		return ">"
	case token.LAND:
		return "||"
	case token.LOR:
		return "&&"
	case token.ADD:
		return "-"
	case token.SUB:
		return "+"
	case token.MUL:
		return "/"
	case token.QUO:
		return "*"
	}
	return ""
}

// changes calls add with each small change of a file that means something: the place, and
// the new text.
func changes(file *ast.File, source []byte, offset func(token.Pos) int, add func(begin, end int, text string)) {
	change := func(from, to token.Pos, text string) { add(offset(from), offset(to), text) }
	text := func(n ast.Node) string { return string(source[offset(n.Pos()):offset(n.End())]) }
	condition := func(cond ast.Expr) {
		if cond != nil {
			change(cond.Pos(), cond.End(), "("+text(cond)+") && false")
			change(cond.Pos(), cond.End(), "("+text(cond)+") || true")
		}
	}
	remove := func(n ast.Node) { change(n.Pos(), n.End(), "") }
	skip := meaningless(file)
	ast.Inspect(file, func(n ast.Node) bool {
		if n != nil && skip[n] {
			return false
		}
		switch n := n.(type) {
		case *ast.GenDecl:
			return n.Tok != token.IMPORT && n.Tok != token.TYPE
		case *ast.BinaryExpr:
			if other := otherOperator(n.Op); other != "" {
				change(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), other)
			}
		case *ast.UnaryExpr:
			if n.Op == token.NOT {
				change(n.OpPos, n.X.Pos(), "")
			}
		case *ast.IfStmt:
			condition(n.Cond)
		case *ast.ForStmt:
			if n.Cond != nil {
				change(n.Cond.Pos(), n.Cond.End(), "("+text(n.Cond)+") && false") // the other way it never ends
			}
		case *ast.CaseClause:
			for i, expr := range n.List {
				if len(n.List) > 1 && i > 0 {
					change(n.List[i-1].End(), expr.End(), "")
				}
			}
		case *ast.ExprStmt:
			if _, ok := n.X.(*ast.CallExpr); ok {
				remove(n)
			}
		case *ast.IncDecStmt:
			remove(n)
		case *ast.DeferStmt:
			remove(n)
		case *ast.SendStmt:
			remove(n)
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				remove(n)
			}
		case *ast.BranchStmt:
			if n.Tok == token.CONTINUE && n.Label == nil {
				change(n.Pos(), n.End(), "break")
			}
		case *ast.ReturnStmt:
			for _, result := range n.Results {
				if name, ok := result.(*ast.Ident); ok && name.Name == "err" {
					change(name.Pos(), name.End(), "nil")
				}
			}
		case *ast.Ident:
			switch n.Name {
			case "true":
				change(n.Pos(), n.End(), "false")
			case "false":
				change(n.Pos(), n.End(), "true")
			}
		case *ast.BasicLit:
			if v, err := strconv.ParseInt(n.Value, 0, 32); err == nil && n.Kind == token.INT {
				change(n.Pos(), n.End(), strconv.FormatInt(v+1, 10))
			}
		}
		return true
	})
}
