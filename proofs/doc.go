// Package proofs checks claims about multigrade networks without trusting the
// code that made them. It imports the standard library only.
//
// The program of one grade, for a matrix X (n x d), a target y (n), a
// regularisation beta and patterns D_1..D_P (diagonal 0/1 matrices, S = 2D - I):
//
//	min  F(u, c) = ||c 1 + sum_j s_j D_j X u_j - y||^2 / (2n) + beta sum_j ||u_j||
//	s.t. S_j X u_j >= 0        (ReLU; the gated program has no such constraint)
//
// where block j has a pattern and a sign s_j = +1 or -1, and c is a free
// constant if the program has an intercept and 0 otherwise. A vector nu with
//
//	||X'(s D_p nu + S_p mu)|| <= n beta    for every listed p, both s, some mu >= 0
//	sum_i nu_i = 0                         (with an intercept)
//
// proves D(nu) = nu'y/n - ||nu||^2/(2n) <= min F.
//
//	symbol        in the code
//	X, y          Matrix, Data.X, Data.Y
//	D_p           Pattern.Words, Pattern.Active
//	mu            Pattern.Plus (s = +1), Pattern.Minus (s = -1)
//	nu, D(nu)     Dual.Nu, Dual.Bound (a lower bound of it)
//	s_j u_j       Neuron: alpha_j w_j, ||u_j|| = |alpha_j| ||w_j||
//	F             Network.Primal (an upper bound of it)
//	n, d, beta    Program.Rows, Program.Cols, Program.Beta
//
// Every inequality a verdict rests on is decided rigorously: first in float64
// with an error bound rounded outwards, then with compensated products, then
// exactly, since every float64 is a dyadic rational. Where a claim is about the
// float64 numbers of a file (the ledger, the composition of grades), it is
// recomputed and compared bit for bit.
//
// Checking costs little beside solving. Processor seconds of `solve` and `verify`
// for one grade of reference problems, to a gap of 1e-6, reading the files included
// (benchmarks of internal/certificate and internal/sphere time the check alone):
//
//	problem     rows x cols   patterns     solve  verify
//	a_osc1d      500 x  2     all, proved   0.25   0.01
//	t5           400 x  5     all, proved   7.6    0.44    trees of 120,000 nodes
//	b_diabetes   442 x 11     500 listed    0.18   0.01
//	d_teacher   1000 x 20     500 listed    3.4    0.02
//
// What a caller sees is here; the checkers are in internal: certificate, sphere (claims
// about all patterns), run, cube, and what they stand on: exact (arithmetic), table (data
// files), verdict (reports). Package naive there is a second checker for their tests.
//
// FORMAT.md describes certificates so that another checker can be written from
// it alone.
package proofs
