// Package cube checks schemes on the whole cube [0,1]^d: that residuals do not grow
// at any point, that every L^p norm falls, and the bounds of their norms.
//
//	formula.go, parse.go    the target as a formula: values, slopes, exact pieces
//	simplex.go, exact.go    decisions on a simplex of the Kuhn triangulation
//	cube.go, cell.go        constructive schemes, cell by cell
//	trained.go, within.go   trained schemes: a residual within a dead zone

package cube
