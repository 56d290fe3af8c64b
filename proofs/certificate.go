package proofs

import (
	"io"

	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/pieces"
	"multigrade/proofs/internal/sphere"
)

// What a producer writes: a certificate of one grade's solve, in the form of
// FORMAT.md. Every field is described at its type.
type (
	Certificate = certificate.Certificate
	Program     = certificate.Program
	Data        = certificate.Data
	Network     = certificate.Network
	Neuron      = certificate.Neuron
	Dual        = certificate.Dual
	Pattern     = certificate.Pattern
	Multiplier  = certificate.Multiplier
	Gap         = certificate.Gap
	// Parts gives nu and the words of a certificate's patterns, a part at a time.
	Parts     = certificate.Parts
	Global    = certificate.Global
	Quadratic = sphere.Quadratic
	// Parabolas is the evidence of a section global rows for one sign.
	Parabolas = sphere.Parabolas
	Transfer  = sphere.Transfer
	Term      = sphere.Term
	// BranchNode is a node of a tree of section global branches.
	BranchNode = sphere.BranchNode
	// Pieces is the evidence of a section global pieces.
	Pieces     = pieces.Evidence
	PieceGroup = pieces.Group
	PieceNode  = pieces.Node
	// Matrix is the n x d matrix of a program, dense or sparse, read-only.
	Matrix = exact.Matrix
)

// Words of a certificate.
const (
	ReLU          = certificate.ReLU
	Gated         = certificate.Gated
	Leaky         = certificate.Leaky // followed by the slope
	AbsoluteValue = certificate.AbsoluteValue

	Squared  = certificate.Squared
	Huber    = certificate.Huber
	Quantile = certificate.Quantile
	L1       = certificate.L1
	LInf     = certificate.LInf
	Logistic = certificate.Logistic
	Hinge    = certificate.Hinge
	Monotone = certificate.Monotone

	ScopeRestricted = certificate.ScopeRestricted
	ScopeGlobal     = certificate.ScopeGlobal

	StatusOptimal     = certificate.StatusOptimal
	StatusPriced      = certificate.StatusPriced
	StatusLimit       = certificate.StatusLimit
	StatusTime        = certificate.StatusTime
	StatusStalled     = certificate.StatusStalled
	StatusInterrupted = certificate.StatusInterrupted
)

// NewDense returns the rows x cols matrix with the given row-major values, which
// it keeps.
func NewDense(rows, cols int, values []float64) (Matrix, error) {
	return exact.NewDense(rows, cols, values)
}

// NewSparse returns the rows x cols matrix in compressed row form, and keeps its
// arguments: row i has columns index[start[i]:start[i+1]], strictly ascending.
func NewSparse(rows, cols int, start, index []int, values []float64) (Matrix, error) {
	return exact.NewSparse(rows, cols, start, index, values)
}

// ProgramHash is the SHA-256 that names a program: of X (n x d) row by row, then
// of y and an offset if there is one.
func ProgramHash(x Matrix, y []float64) string { return certificate.ProgramHash(x, y) }

// RelGap returns (primal - dual) / max(|primal|, |dual|, 2^-1022), each
// operation rounded to nearest.
func RelGap(primal, dual float64) float64 { return certificate.RelGap(primal, dual) }

// Enclose returns proven bounds that a producer can claim for the network and
// the dual point of c: primal >= F, objective >= the network's own objective,
// dual <= D(nu). It reads Program, Network (not its claims), Patterns and
// Dual.Nu; feasibility is not part of it. The bounds are Inf or NaN where float64
// overflows.
func Enclose(c *Certificate, x Matrix, y []float64) (primal, objective, dual float64, err error) {
	return certificate.Enclose(c, x, y)
}

// EncloseGlobal returns a lower bound of D(nu) for a global dual point that a
// producer can claim.
func EncloseGlobal(c *Certificate, nu, y []float64) (float64, error) {
	return certificate.EncloseGlobal(c, nu, y)
}

// Encode writes c in the form of FORMAT.md; it refuses a certificate that is not
// well formed.
func Encode(w io.Writer, c *Certificate) error { return certificate.Encode(w, c) }

// EncodeParts is Encode of a certificate without nu and words, which parts has: what of a
// certificate grows with the rows and may be too long for memory. Parts that are not well formed are
// only refused where they come.
func EncodeParts(w io.Writer, c *Certificate, parts Parts) error {
	return certificate.EncodeParts(w, c, parts)
}

// DecodeClaims is Decode without nu and the words of the patterns, which are looked at and not kept.
func DecodeClaims(r io.Reader) (*Certificate, error) { return certificate.DecodeClaims(r) }

// Decode reads a certificate in the form of FORMAT.md. Anything else is refused
// with an error naming line and field; other errors are r's own.
func Decode(r io.Reader) (*Certificate, error) { return certificate.Decode(r) }

// CheckCertificate decides every claim of c for the given matrix (n x d) and
// target (n). It does not modify its arguments and gives the same report whatever
// the number of processors. All claims valid means: over the listed patterns the
// optimum lies in [c.Dual.Bound, c.Network.Primal].
func CheckCertificate(c *Certificate, x Matrix, y []float64) Report {
	return certificate.Check(c, x, y)
}

// CheckFile checks one file: a standalone certificate, which carries its data.
// The error is the file system's; whatever is wrong with the contents is in
// the report.
func CheckFile(path string) (Report, error) { return certificate.CheckFile(path) }

// CheckReader is CheckFile for a stream. Patterns are checked as they come and not
// kept, so that the list may be larger than memory.
func CheckReader(r io.Reader) (Report, error) { return certificate.CheckReader(r) }
