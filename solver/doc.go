// Package solver trains one grade, a network with one hidden layer, to certified
// optimality through its convex reformulation over activation patterns (Pilanci
// and Ergen, ICML 2020).
//
// # The programs
//
// For data X (n x d), a target y (n), patterns D_p = diag(1[X g_p > 0]) with
// signs S_p = 2 D_p - I, and one block u_j for every pattern and sign s_j:
//
//	ReLU     min  L(c + sum_j s_j D_j X u_j) + beta sum_j |u_j|_2   s.t.  S_j X u_j >= 0
//	gated    the same without the constraints, one block per pattern
//
// Other activations phi(t) = max(t, 0) + s min(t, 0), leaky relu and the absolute
// value, have A_p = D_p + s (I - D_p) in the place of D_p, here and below (Activation).
//
// L is a Loss, for squares (1/2n)|yhat - y|^2; the constant c is there with
// Problem.Intercept and free of charge. A block is the neuron w = u/sqrt|u|,
// alpha = s sqrt|u|, and |u| = (|w|^2 + alpha^2)/2, so over all patterns the
// ReLU program has the optimum of training with weight decay.
//
//	symbol         code                          shape
//	X              Problem.X, design             n x d
//	D_p            hyperplane.Pattern, mask      n bits
//	g_p            hyperplane.Cell.Gate          d
//	u_j            rows of general matrices U    B x d, block by block
//	F u            operators.predict             n: sum_j s_j D_j X u_j
//	G u            operators.slack               B x n: S_j X u_j
//	lambda         n beta                        scalar
//	nu             Certificate.Nu                n, y - yhat at an optimum
//	mu             CellMultipliers.Mu            n, sparse, >= 0
//
// # The certificate
//
// For squares the dual function is D(nu) = nu'y/n - |nu|^2/(2n). The nu is
// feasible when for every pattern p and both signs s there is a mu >= 0 with
//
//	| X'(s D_p nu + S_p mu) |_2 <= n beta                                   (*)
//
// (gated: with mu = 0), and with an intercept sum nu = 0. The smallest left side
// is |P_K(s X'D_p nu)|, the projection on the cone of p; hyperplane.Projector
// finds it together with mu. Any nu is scaled into feasibility: t nu with the
// best t in [0, n beta / m(nu)], m the largest left side. (*) for the listed
// patterns is a restricted certificate, for all of them a global one. Results
// are judged by nothing else: a Status of Optimal means RelGap <= Tol with a
// primal value and a bound that hold in exact arithmetic, all rounding errors
// counted. Package proofs checks them without trusting this one.
//
// # Wide and dependent data
//
// Where the rank r of X is much smaller than d, all of this is done in rank
// coordinates X = Z Q' (operator.Coordinates), Z n x r: norms, cones and dual points
// are those of X, nothing is d x d, and with w = Q z the results are about X
// (ranked.go). CPU seconds of one grade over all patterns, 24 rows, checked by proofs,
// AVX-512: 400 columns 0.8 instead of 8.1, 1000 columns 1.1 instead of 50, 24
// columns 0.9.
//
// # The methods and when each is used
//
// Few blocks are active at an optimum. Solve works on a working set: solve over
// it, price all listed blocks by (*) in one pass of products and projections,
// add violated blocks whose best neurons differ, drop idle ones, repeat until
// the certified gap is small enough: column generation (generation.go) with the
// listed patterns as its oracle. Over a working set of B blocks:
//
//   - ReLU programs: a primal-dual interior-point method (interior/interior.go), 15 to 25
//     iterations from the analytic centres of the cones, fewer from the last
//     working set's iterate. Every iterate is strictly feasible, so the network
//     needs no repair beyond rounding. Its Newton system (interior/system.go) is a
//     dB x dB matrix or, with more unknowns than rows, an n x n one; where both
//     cost too much, conjugate gradients.
//   - Gated programs with squares: the augmented Lagrangian method on the dual
//     with Newton's method inside (auglag/auglag.go, auglag/system.go), 15 to 20 Newton
//     steps, half a dozen from the neighbour on a path. Only active blocks enter
//     its linear system, dk x dk for k of them or n x n.
//   - Gated programs with other losses, ReLU programs whose loss has kinks, from some
//     columns on, and programs too large for any factorisation: ADMM (admm/admm.go),
//     whose matrix is the same in all iterations, with conjugate gradients where it
//     cannot be factored either. Blocks are projected
//     on their cones in every iteration, exactly (admm/blockprox.go). Some hundred
//     iterations name the active blocks, cone rows and samples, and Newton's method on
//     that manifold (admm/polish.go) gives the digits.
//
// How the certified gaps of the methods fall on one problem shows gaps.svg, drawn by
//
//	multigrade bench --only teacher --repeat 1 --plot solver/gaps.svg
//
// Options.Method overrides the choice. Block coordinate descent with exact solutions
// of the blocks and active sets, the usual method for group lassos, was tried for
// gated squares and is not here: CPU seconds to a gap of 1e-3 and to 1e-6, beside the
// augmented Lagrangian, were
//
//	            descent        augmented Lagrangian
//	500 x 2     0.69   1.2     0.024  0.030    (110 patterns, 9000 sweeps)
//	442 x 11    0.013  0.047   0.013  0.015    (100)
//	442 x 11    0.051  0.17    0.027  0.036    (500)
//	1000 x 20   0.054  0.15    0.092  0.109    (100)
//	1000 x 20   1.18   > 2     0.152  0.150    (500)
//
// SolveGlobal is the same loop with the sphere of all gates as its oracle, for every loss:
// starts from a non-convex run where the loss has slopes, prices by ascent and
// finally bounds m(nu) rigorously by branch and bound on the sphere (MaxNeuron). Where rows on
// pieces of planes leave much open, units are exchanged for local maxima first (peakexchange.go).
//
// RowSearch solves the program over rows that are too many for memory, in passes over them
// (package internal/byrows; package rowsum takes the sums).
//
// FixedWidth trains with a budget of neurons, which is not convex: it chooses a
// surplus of neurons by orthogonal least squares or at random, trains them by the method of
// Levenberg and Marquardt and eliminates those that are missed least. What it
// finds is held against the bounds of the convex program.
//
// Dense products go through gonum's blas64 with the kernels of internal/blas,
// which importing this package registers. Results do not depend on GOMAXPROCS.
package solver
