package parallel

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// Goroutines are started where their panics are kept, and nowhere else.
func TestGoroutinesEverywhere(t *testing.T) {
	keepers := map[string]bool{
		"internal/parallel/group.go":        true,
		"internal/parallel/gang.go":         true,
		"proofs/internal/exact/parallel.go": true, // imports the standard library only
	}
	const root = "../.."
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			starts := false
			switch n := n.(type) {
			case *ast.GoStmt:
				starts = true
			case *ast.SelectorExpr:
				x, _ := n.X.(*ast.Ident)
				starts = x != nil && x.Name == "sync" && n.Sel.Name == "WaitGroup"
			}
			if starts && keepers[name] {
				seen++
			} else if starts {
				t.Errorf("%s starts goroutines by itself: use parallel.Group", name)
			}
			return true
		})
		return nil
	})
	if err != nil || seen < len(keepers) {
		t.Errorf("%d places, %v", seen, err)
	}
}
