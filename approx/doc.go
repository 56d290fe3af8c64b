// Package approx constructs, for a continuous target f on the cube [0,1]^d, a multigrade scheme of fixed-width ReLU
// networks f_1, f_2, ... whose residuals
//
//	e_0 = f,    e_k = e_{k-1} - f_k
//
// never grow at any point, |e_k(x)| <= |e_{k-1}(x)|, tend to 0 uniformly, and fall strictly in every L^p norm,
// 1 <= p < infinity, at every grade with f_k != 0.
//
//	symbol       code                    meaning
//	f            Target                  *Expr, *Table, *Samples, *Function
//	N, h = 1/N   Grid.N                  cells per coordinate, a power of two
//	I_h          Grid.Interpolate        interpolation on the Kuhn triangulation of the grid
//	below_T      deviations.below        >= sup of I_h f - f on the cell of the simplex T; 0 where f is concave
//	above_T      deviations.above        >= sup of f - I_h f there; 0 where f is convex
//	eps_T                                the larger of both
//	V            Grade.Variation         variation of the nodal residual along the chains of the simplices (Grid.variation)
//	tau          Grade.Tau               the largest threshold at a node that survives
//	f_k          Grade.Values            its values at the nodes, rounded towards 0
//	e_k          Grade.Sup, Grade.Norms  its supremum and norms, as proved enclosures
//
// # The lemma
//
// Let c_a = e(a) at the nodes, and -below_T <= e - I_h e <= above_T on T. A node a is active if on every simplex T at it all vertices
// have c >= below_T, or on every one c <= -above_T; then 0 <= v_a <= c_a - below_T for each of them, or the mirror image, and
// v_a = 0 otherwise. Put q = I_h v. Then |e - q| <= |e| everywhere, with < where q != 0. Proof: let q(x) != 0 and T be
// a simplex at x. One of its vertices is active, with c > 0, say. So all have c >= below_T and, active or not,
// 0 <= v <= c - below_T. Hence 0 < q(x) <= I_h e(x) - below_T <= e(x).
//
// So where e is far from 0 the residual is left with the error of interpolation there, whatever happens elsewhere; near a
// zero of f |e_k| <= |f| forces every correction to vanish.
//
// The proof needs bounds of e - I_h e only. Every earlier f_j is linear on the simplices of the finer grid (all
// their faces lie on x_i = k/N and x_i - x_j = k/N), so e - I_h e = f - I_h f: they depend on f alone and need no
// Lipschitz constant of the residual. They are found cell by cell, by the second derivatives along the edges (evaluation.bent), by the
// variation of the gradient over the cell, by the range of f, by a Lipschitz constant or modulus of continuity, and by subdivision of the
// cells where the gradient is unbounded (sqrt(x) at 0).
//
// One side suffices. Where f is concave and e > 0, or convex and e < 0, corrections interpolate: what is left is f - I_h f, of the same sign,
// and so it is for every later grade. Where f is convex and e > 0 a third more than below_T is left (leftDeviations), which keeps the sign and in the
// mean is what interpolation would leave.
//
// The bound of a grade is max over cells of (largest |e_k| at a corner + eps of the cell), which is at most 2 eps + V with eps
// the largest eps_T: a node that is not active has |c| <= eps + V, but for rounding and what is not worth a hat, and one that is keeps as much as gives 2 eps. A correction that would
// hardly lower the L1 norm is not made (Options.Worth).
//
// # Graded grids
//
// Refining everywhere costs 2^d per grade and brings nothing where the residual is small already; near a zero of f, where it cannot fall before the
// cells are small, it brings little. A grade may have a grid of its own (Graded, Options.Adaptive), of cells of any sides 2^-l that are parts of those
// of the grade before. The lemma is the same: q is linear on the simplices of every cell, e - I e = f - I f on each, I being the interpolant on it, and a node is active if all its
// cells allow it. Each grade refines where the bounds of what it would leave are large, until the supremum has halved and the L1 norm fallen to a quarter.
// Sums at nodes are rounded here; the slack has room for it.
//
// For d > 1 cells of different sizes meet, and q must be continuous there. It is a sum of the same hats, those of nodes all of whose cells
// are of one size (mesh.even); at other nodes q is 0. That costs the lemma nothing, for 0 <= v is all it wants of a vertex that is not active, and the network nothing, for hats of any
// size are computed alike. What is left at such nodes is taken up once the larger cells there have been refined, too (adaptive.levelled).
//
// # The rate
//
// Let delta be the oscillation of the nodal residual within a simplex. A grade adds at most 4/3 eps to it (above); for d <= 2 every
// edge of the grid 2N within a simplex of N is half an edge's vector, and f - I_h f is at most eps at its ends: so
// delta_{k+1} <= (delta_k + 4/3 eps_k)/2 + 2 eps_k, where eps_k depends on f alone, and |e_k| <= 2 eps_k + delta_k tends to 0
// with eps_k: O(h^s) for eps_k = C h^s and s < 1, O(h log(1/h)) for s = 1 and O(h) for s > 1. TestRates compares. That is for
// the supremum, which sits at the zeros of f; the L1 norm falls faster, like the error of interpolation where f is smooth.
//
// For d >= 3 an edge of the finer grid need not be half an edge: the chain of values 0, 1, 0, 1 has delta = 1 before and after
// refinement. What halves for every d is V, delta <= V <= ceil(d/2) delta (Grid.variation). With one threshold for the
// whole cube, tau = eps + delta and v = S_tau(c), the residual at the nodes is c clipped to [-tau, tau], which raises no
// variation, so V_{k+1} <= V_k/2 + 2 ceil(d/2) eps_k for every d. Thresholds per simplex take off at least as much at every node,
// but the clipping argument is not theirs: for d >= 3 uniform convergence is guaranteed by Options.Refinement = Halving, which goes to the
// next grid until the bound has halved. There is one, for on a fine enough grid 2 eps + V of the continuous residual is below any bound.
//
// # Rounding
//
// What is claimed holds for the stored float64 values, interpolated exactly.
//   - Values of the grade with N cells are multiples of a power of two u proportional to 1/N, and a node of a finer
//     grid is the middle of one edge, which costs one bit per halving. So f_1 + ... + f_k at the nodes is an exact
//     float64 sum.
//   - The nodal residual is known within some s (enclosure of f, one subtraction). With the computed c': all c' >=
//     below_T + s at the vertices of T give c >= below_T, and v <= c' - (below_T + 8s) < c - below_T. Rounding v towards 0 keeps this.
//   - Intervals are rounded outwards by the exact error of each operation; exp, log, sin, cos of package math are
//     trusted to 8 units in the last place. The checker, proofs.CheckCube, does not share this assumption: it has its
//     own parser, arithmetic, elementary functions and bounds, and reads only the run directory.
//
// # Explicit networks
//
// With t = N(x - a) the hat of node a is relu(1 - M - m), M = max(0, t_1, .., t_d), m = max(0, -t_1, .., -t_d).
// (Proof: on the simplex u_p1 >= u_p2 >= ... of a cell, in coordinates u in [0,1]^d from its lowest corner b, let
// a - b = s in {0,1}^d. Then t_i = u_i - s_i, M = max(0, u_i : s_i = 0), m = max(0, 1 - u_i : s_i = 1), so 1 - M - m =
// min(1, u_i : s_i = 1) - max(0, u_j : s_j = 0): this is linear in each order of the u_i up to its sign, 1 at s, and
// not positive at every other vertex of a simplex that contains s or not. relu makes it the hat.)
//
// Wide: channels x, M, m, relu(t_i - M), relu(-t_i - m), P, Q, P and Q collecting the positive and the negative
// hats: width d+6, d+1 layers per hat and one at the end.
//
// Narrow: M + m = max(0, t_i, -t_i, t_i - t_j over all i != j) = max(0, l_1, .., l_r), r = d(d+1). If a channel holds
// y_k = relu(S_{k-1} - l_k) with S_k = max(S_{k-1}, l_k), then S_k = y_k + l_k(x), and x is carried anyway. So
// y_{k+1} = relu(y_k + l_k(x) - l_{k+1}(x)) needs one channel for the running maximum, and the hat is
// relu(1 - y_r - l_r(x)) in the same channel. One sum suffices if it starts at a constant A >= the sum of the
// absolute negative values, so that it stays nonnegative; A is subtracted at the end. Width d+2, r+1 layers per hat
// and one at the end. Both compute f_k exactly (Network.Rat).
//
// Every layer carries x, so the network of the next grade is composed on the last layer of this one.
//
// # Trained grades
//
// Train takes for a grade any network g with one hidden layer that someone (Fit) has trained on samples of the
// residual e, and eps >= sup |e - g| on the cube: q = relu(g - eps) - relu(-g - eps) has the same properties
// (DeadZone), and leaves at most 2 eps. The last grade of composed ones, which nothing has to undo, is behind a firm one (FirmZone), which leaves e - g but near the
// zeros of the target.
//
//	g            Shallow                 constant + sum of units alpha relu(w.x + b)
//	eps          TrainedGrade.Eps        from supremum, at most Sharp times what is attained
//	e            residual                f - q_1 - ... - q_k
//
// eps is proved by bisection: on a box |e - g| is at most its largest value at a corner plus what it deviates from
// its interpolant, which is bounded by the variation of the gradient, that of f enclosed as above, that of the
// networks from the units that change their sign there. Composed networks are followed on a box by forms that are linear but for one
// symbol for each unit whose sign is open (zonotope), the same in every later layer: so a dead zone and what undoes it cancel, and a box
// that a kink touches, or cuts a little off, is as good as one beside. The explicit network computes the units one after the other
// (Shallow.Network): width d+3 for any number of units.
//
// # Files
//
// Save writes approx.json (see Model) and nodes.bin (see encodeValues), SaveTrained trained.json (see TrainedModel).
package approx
