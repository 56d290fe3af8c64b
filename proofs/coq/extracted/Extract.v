(* The decisions of CheckerInput.v as an OCaml program. Integers become Zarith's; lists, pairs, options and booleans OCaml's. *)
From Coq Require Import Extraction ExtrOcamlBasic ExtrOcamlZBigInt.
From Multigrade Require Import CheckerInput.

Extraction "checker.ml" decide.
