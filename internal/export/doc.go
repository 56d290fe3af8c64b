// Package export writes a trained network (grade.Flat, which defines what is
// computed) for use elsewhere: as an ONNX graph, as JSON, as Go source, as a
// module for scikit-learn.
//
// Where columns of a table are encoded (package schema) that is part of what is
// written: the graph has an input for every column, the source a function Encode.
//
// Classes have labels and, where the model can tell, probabilities; of a regression the
// residuals of rows held out make intervals (grade.Calibration), in all but the graph.
//
// A certificate, and not a network, is what Coq and Integers write: for the library of
// theorems in proofs/coq and for the checker that is extracted from it.
//
// JSON and the Go source compute what Model.Predict does to the bit. An ONNX
// runtime and numpy order their sums as they like, so there it is the same up to rounding.
package export
