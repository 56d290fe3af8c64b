// Package grade builds a multigrade model: networks with one hidden layer,
// composed grade by grade, each fitted to the residual the earlier ones left by
// a convex program solved to a certified gap (package solver).
//
//	h_0(x) = x'                         the standardised input
//	e_0    = y'                         the standardised target
//	grade k solves   min (1/2n)||f_k(X_k) - e_{k-1}||^2 + beta_k sum_j |alpha_j| ||w_j||
//	         on      X_k = [h_{k-1}(x_i), 1],  i = 1..n the training rows
//	f_k(x) = c_k + sum_j alpha_j relu(w_j . [h_{k-1}(x), 1])
//	e_k    = e_{k-1} - f_k
//	h_k(x)_j = scale_j relu(w_j . [h_{k-1}(x), 1]),   scale_j = 1 / root mean square on the training rows
//	yhat(x)  = shift_y + scale_y (f_1(x) + ... + f_K(x))
//
// With several targets every grade solves one such program per target on the same
// X_k; h_k has the neurons of all of them, output by output. With carry h_k goes
// on with the inputs, shifted to be nonnegative (carry.go). Another loss than
// squares takes the place of (1/2n)||f_k(X_k) - e_{k-1}||^2.
//
//	n, d     training rows, features         Data.X (rows x d)
//	d_k      columns of X_k                  Grade.InputDim
//	         targets                         Data.Y, one vector each
//	w, alpha a hidden neuron                 Neuron.W, Neuron.Alpha
//	c_k      free constant                   Output.Constant
//	beta_k   regularisation, absolute        Output.Beta
//	scale_j  feature scale                   Grade.FeatureScale
//	e_k      residual                        Ledger (norms, in the target's units)
//
// Since the zero network is feasible, the loss of no target rises on the training
// rows (||e_k||_2 <= ||e_{k-1}||_2 for squares) for the exact minimiser. Train
// checks it for the network it got: one that breaks it is replaced by the zero
// network, and the status tells. For labels y = +-1 and a loss of margins the
// residual in the ledger is y less f_1 + ... + f_k cut to [-1, 1]; Train also asks
// that its mean square does not rise, which the loss alone would allow, but for the
// best constant alone in the first grade. There 1/4, 1/16, ... of the network, the
// largest that does neither, is kept in its place, and the zero network if none is.
//
// # Arithmetic
//
// A model's numbers are float64, and what it computes is defined to the bit, so
// that a checker which shares no code with this package comes to the same
// numbers: every sum runs from its first term to its last, every product is
// rounded before it is added (no fused multiply-add), relu(z) is z where z > 0
// and 0 elsewhere. Entries a sparse row does not store count as zeros.
//
// # Activation patterns
//
// In scope global a grade is optimised over all patterns: solver.SolveGlobal
// generates them, from a start of its own, within limits that are counted so that
// a run does not depend on the speed of the machine; given gates, and Gaussian
// ones if a number was asked for, are listed to begin with. What is proved over
// all patterns is in Account.GlobalBound, and Account.Status says how the output ended.
//
// In scope restricted given gates are the patterns of the first grade. Otherwise,
// unless a number of patterns was asked for, where the rank of X_k is at most 2
// all cells of the arrangement are taken; else the cells of Gaussian gates, 200 of
// them or 100 for more than 5000 rows, drawn from a seed made of the run's seed
// and the grade. Gated units in rank 2 have all cells listed in either scope.
//
// Several gated grades are decomposed into ReLU networks (decompose.go).
//
// # Monotone grades
//
// With the loss solver.Monotone |e_k| <= |e_{k-1}| at every training row, as
// constraints of the grade's program and exactly so in float64.
//
// # Dead zones
//
// With Options.DeadZone f_k is g = c_k + sum_j alpha_j relu(w_j . [h_{k-1}(x), 1])
// less what a dead zone of width eps takes, relu(g - eps) - relu(-g - eps): at the
// training rows |e_k| <= |e_{k-1}| and |e_k| <= 2 eps, for any loss of a regression
// (deadzone.go). Certificates are about g, the ledger is about what is left after f_k.
//
// # Choosing beta
//
// With CrossValidation a plan of every grade's beta, and of how many grades there are,
// is made before the training by cross-validation (plan.go): the rows are cut into
// folds (folds.go), and successive halving among ratios of beta_max trains grade upon
// grade on the other rows, without certificates (halving.go, foldtraining.go). A grade
// more has to lower the loss on the rows held out by more than its standard error
// (heldout.go). What is planned so is solved and certified as any other grade,
// on the training rows, with Shares.Refit or CrossValidation.Folds on those held out,
// too. The scores of the plan are those of the networks of the folds: they estimate
// what the model does on new rows, and enter no claim. The first grade is what training
// converges to, and is solved; later ones are the networks that the folds judged, ended
// early, and their certificates say how far they are from the solution.
//
// # Test rows
//
// Shares hold rows out for the test: spread over the file, the last ones, whole groups or
// strata of the target (split.go). Nothing of the model is taken from them, and which they
// are is a claim that a checker derives again.
//
// # Neurons
//
// The solver's network is gathered (solver.Gather): neurons of almost the same direction are
// gathered in one and the output weights fitted again, as long as the certified
// gap stays within the tolerance. Every neuron costs the next grade a dimension.
//
// # A budget of neurons
//
// With Options.Width a grade keeps at most so many neurons, shared among its
// outputs. That problem is not convex. Networks with a surplus are trained and
// reduced (solver.FixedWidth), their output weights fitted again on all rows, and
// the best by loss + beta sum_j |alpha_j| |w_j| is kept, unless the optimum of the
// convex program is within the budget itself. The program is solved all the same:
// its certificate, status and bounds are those of the grade, its network is in
// Kept.Convex, and the distance of the kept network's objective from the bounds,
// Kept.RelGap and Kept.GlobalRelGap, is what the budget costs at most. The wide
// network is the start of the program's search over all patterns. Where the budget
// has room, an identity channel per input, a neuron of output weight 0, takes it to the
// next grade.
// With CrossValidation.Width the budget is the least from which on more neurons do not pay
// on the rows held out (halvingwidth.go); later grades then are reduced as in the folds, and
// have no identity channels.
// With Budget.Spread the first grade of one input is not trained but has its kinks
// evenly over the rows: what the next grade can fold counts for more than its fit.
package grade
