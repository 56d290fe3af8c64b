(** * Certificates as lists of integers

    [decode] reads what [multigrade export --format integers] writes, [accepts] decides it. That is the program which
    extracted/Extract.v turns into OCaml: what is left to trust is said in README.md. *)

From Coq Require Import Reals List ZArith Bool.
From Multigrade Require Import FiniteSum Vector WeakDuality TrainingBound Losses Checker CheckerNetwork.
Import ListNotations.
Open Scope Z_scope.

(** A reader takes numbers off the front of a list. *)
Definition reader (A : Type) := list Z -> option (A * list Z).
Definition ret {A} (a : A) : reader A := fun l => Some (a, l).
Definition bind {A B} (r : reader A) (f : A -> reader B) : reader B :=
  fun l => match r l with Some (a, l') => f a l' | None => None end.
Notation "x <- r ; e" := (bind r (fun x => e)) (at level 60, r at next level, right associativity).

Definition number : reader Z := fun l => match l with z :: l' => Some (z, l') | [] => None end.
(** A number from 0 to a limit. *)
Definition count (limit : nat) : reader nat :=
  fun l => match l with z :: l' => if (0 <=? z) && (z <=? Z.of_nat limit) then Some (Z.to_nat z, l') else None | [] => None end.
Definition flag : reader bool := z <- count 1; ret (Nat.eqb z 1).
Fixpoint many {A} (r : reader A) (n : nat) : reader (list A) :=
  match n with O => ret [] | S n' => a <- r; l <- many r n'; ret (a :: l) end.

(** The number of a loss, and its parameter. *)
Definition data_term_of (code parameter : Z) : option data_term :=
  match code with
  | 0 => Some Squares
  | 1 => Some (HuberOf parameter)
  | 2 => Some Absolute
  | 3 => Some (QuantileOf parameter)
  | 4 => Some MaximumOf
  | 5 => Some HingeOf
  | 6 => Some MonotoneOf
  | 7 => Some LogisticOf
  | _ => None
  end.
Definition term : reader data_term :=
  code <- number; parameter <- number; fun l => option_map (fun t => (t, l)) (data_term_of code parameter).

Definition row_of (d : nat) : reader point := x <- many number d; y <- number; nu <- number; ret (Point x y nu).
Definition pair : reader (Z * Z) := i <- number; v <- number; ret (i, v).
Definition multipliers (n : nat) : reader (list Z) := k <- count n; l <- many pair k; ret (spread n l).
Definition pattern_of (n : nat) : reader (list bool * (list Z * list Z)) :=
  z <- number; plus <- multipliers n; minus <- multipliers n; ret (bits n z, (plus, minus)).

Definition unit_of (d : nat) : reader (list Z * Z) := w <- many number d; a <- number; ret (w, a).
(** Whether there is a network, its constant, the number of its neurons, the objective claimed, the neurons. *)
Definition network_of (limit d : nat) : reader (option network) :=
  is <- flag;
  if is : bool
  then c <- number; m <- count limit; o <- number; l <- many (unit_of d) m; ret (Some (Network c l o))
  else ret None.

(** Rows, columns, patterns, whether gated, the scale, the loss, the offset and how many numbers it has, whether with intercept, beta, the bound; the rows; the patterns;
    the network. *)
Definition certificate_of (limit : nat) : reader (bool * cert * option network) :=
  n <- count limit; d <- count limit; P <- count limit; gated <- flag; S <- number; l <- term;
  k <- count n; o <- many number k; c <- flag; beta <- number; bound <- number;
  rows <- many (row_of d) n; ps <- many (pattern_of n) P; g <- network_of limit d;
  ret (gated, Cert rows d S l o c beta bound ps, g).

(** The first number is the version of this format; nothing may be left over. *)
Definition decode (l : list Z) : option (bool * cert * option network) :=
  match l with
  | 1 :: l' => match certificate_of (length l') l' with Some (c, []) => Some c | _ => None end
  | _ => None
  end.

Inductive verdict := Accepted | Refused | Malformed.
Definition decide (l : list Z) : verdict :=
  match decode l with
  | Some (gated, c, g) =>
      if (if gated then check_gated c else check c) && match g with Some g => negb gated && check_network c g | None => true end
      then Accepted else Refused
  | None => Malformed
  end.

Open Scope R_scope.

(** What is accepted is a certificate, whose bound no network with the listed patterns is below; gated, no point of the program.
    A network beside it, of ReLU units, has at most the objective that is claimed. *)
Theorem accepted_sound l : decide l = Accepted -> exists gated c g, decode l = Some (gated, c, g) /\
  (forall const, constant_allowed (with_intercept c) const ->
    if gated : bool
    then forall bs, gated_feasible (length (patterns c)) bs ->
         r c (bound c) <= primal (cols c) (rX c) (rFamily c) (rLoss c) (r c (beta c)) const bs
    else forall ns,
         (forall v, In v ns -> exists k, (k < length (patterns c))%nat /\
            in_cone (length (points c)) (cols c) (rX c) (rFamily c k) (weight v)) ->
         r c (bound c) <= training (cols c) (rX c) (rLoss c) (r c (beta c)) const ns) /\
  (forall w, g = Some w -> constant_allowed (with_intercept c) (r c (constant w)) /\
    training (cols c) (rX c) (rLoss c) (r c (beta c)) (r c (constant w)) (real_neurons c w) <= r c (objective w)).
Proof.
  unfold decide. destruct (decode l) as [[[gated c] g]|]; [|discriminate]. intros H. exists gated, c, g. split; [reflexivity|].
  destruct (_ && _)%bool eqn:E in H; [|discriminate]. apply andb_prop in E. destruct E as [E1 E2]. split.
  - intros const Hc. destruct gated; intros; [now apply check_gated_sound | now apply check_sound].
  - intros w ->. apply andb_prop in E2. destruct E2 as [_ E2].
    assert (E3 := E2). unfold check_network in E3. repeat (apply andb_prop in E3; destruct E3 as [E3 ?]).
    apply network_sound; [now apply Z.ltb_lt | now apply Nat.ltb_lt | exact E2].
Qed.
