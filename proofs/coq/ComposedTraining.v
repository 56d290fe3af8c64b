(** * Composed training

    Grade k is any network on the hidden features h_k of the grades before it, frozen: its layers L_k follow theirs, its readout r_k is an
    affine function of its last layer, whatever training made of both.  If |e_k - r_k(h_(k+1))| <= eps_k on the cube, then behind a dead
    zone of width eps_k the grades are a multigrade scheme on the cube: pointwise nonincreasing, strictly in L^p at every nontrivial
    grade, sup |e_(k+1)| <= 2 eps_k, and uniformly to 0 if the eps_k get arbitrarily small. *)

From Coq Require Import Reals List Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Multigrade Require Import FiniteSum TrainingBound SoftThreshold KuhnHat Continuity CubeIntegral Scheme ReluNetwork NarrowNetwork Hypercube.
Import ListNotations.
Open Scope R_scope.

Section Composed.
Context {d : nat}.
Variable f : point d -> R.
Variable W : nat.                 (** the width of every layer *)
Variable L : nat -> list layer.   (** the layers of grade k, on the features of grade k-1 *)
Variable r : nat -> affine.       (** its readout *)
Variable eps : nat -> R.          (** the width of its dead zone *)

Fixpoint frozen (k : nat) : list layer := match k with O => [] | S k' => frozen k' ++ L k' end.

(** The features that grade k leaves: its own layers on the features of the grade before. *)
Definition features (k : nat) (x : point d) : nat -> R := run W (frozen k) (input x).

Theorem features_compose k x : features (S k) x = run W (L k) (features k x).
Proof. unfold features. cbn [frozen]. apply run_app. Qed.

Definition trained (k : nat) (x : point d) : R := eval (r k) (features (S k) x).
Definition correction (k : nat) (x : point d) : R := soft (eps k) (trained k x).
Notation e := (rest f correction).

Lemma next_residual k x : e (S k) x = e k x - soft (eps k) (trained k x).
Proof. unfold rest. rewrite sum_S. unfold correction. ring. Qed.

Lemma trained_uniform k : uniformly_continuous (trained k).
Proof. apply (uc_eval d (r k) (fun x => features (S k) x)), (uc_run d W _ (fun x => input x)), uc_input. Qed.

Lemma correction_uniform k : uniformly_continuous (correction k).
Proof.
  assert (H := trained_uniform k). unfold correction, soft.
  apply uniformly_continuous_minus; apply uc_relu.
  - apply uniformly_continuous_minus; [exact H | apply uc_const].
  - apply (uniformly_continuous_minus d (fun x => - trained k x) (fun _ => eps k)); [|apply uc_const].
    intros eta Heta. destruct (H eta Heta) as [h [Hh Hm]]. exists h. split; [exact Hh|]. intros x y Hx Hy Hxy.
    replace (- trained k x - - trained k y) with (- (trained k x - trained k y)) by ring. rewrite Rabs_Ropp. now apply Hm.
Qed.

Hypothesis f_continuous : continuous_on_cube f.

(** What is checked of grade k. *)
Definition close (k : nat) : Prop := forall x, cube x -> Rabs (e k x - trained k x) <= eps k.

Lemma composed_residual_uniform k : uniformly_continuous (e k).
Proof.
  unfold rest. apply uniformly_continuous_minus; [now apply heine|]. apply uc_sum. intros j. apply correction_uniform.
Qed.

Theorem composed_sup k x : close k -> cube x -> Rabs (e (S k) x) <= 2 * eps k.
Proof. intros Hc Hx. rewrite next_residual. now apply dead_zone, Hc. Qed.

Theorem composed_strict k x : close k -> cube x -> correction k x <> 0 -> Rabs (e (S k) x) < Rabs (e k x).
Proof.
  intros Hc Hx Hne. rewrite next_residual. apply dead_zone; [now apply Hc|].
  apply Rnot_le_lt. intros Hle. apply Hne. now apply soft_dead.
Qed.

(** The claims that need no limit hold for every grade that was checked, whatever comes after it: what a verified run shows. *)
Theorem composed_grade k : close k ->
  (forall x, cube x -> Rabs (e (S k) x) <= Rabs (e k x))
  /\ (forall x, cube x -> Rabs (e (S k) x) <= 2 * eps k)
  /\ (forall p, 0 < p -> (exists x, cube x /\ correction k x <> 0) -> lp_norm p (e (S k)) < lp_norm p (e k)).
Proof.
  intros Hc. assert (Hmono : forall x, cube x -> Rabs (e (S k) x) <= Rabs (e k x)).
  { intros x Hx. rewrite next_residual. now apply dead_zone, Hc. }
  split; [exact Hmono|]. split; [intros x; now apply composed_sup|]. intros p Hp [x [Hx Hne]].
  apply lp_norm_decay with x; auto using composed_residual_uniform, composed_strict.
Qed.

Hypothesis all_close : forall k, close k.
Hypothesis vanishing : forall eta, 0 < eta -> exists k, 2 * eps k <= eta.

Theorem composed_training : multigrade f correction.
Proof.
  split; [|split; [|split; [|split]]].
  - intros k x Hx. now apply composed_grade.
  - intros k x Hx. now apply composed_strict.
  - intros eta Heta. destruct (vanishing eta Heta) as [K HK]. exists (S K). intros k x Hk Hx.
    induction Hk as [|k _ IH].
    + eapply Rle_trans; [now apply composed_sup | exact HK].
    + eapply Rle_trans; [|exact IH]. now apply composed_grade.
  - intros p k Hp [x [Hx Hne]].
    apply lp_decay with x; auto using composed_residual_uniform, composed_strict. intros z Hz. now apply composed_grade.
  - intros p k Hp Hx. now apply composed_grade.
Qed.
End Composed.
