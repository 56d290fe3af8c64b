(** * Activations with a slope: leaky ReLU and the absolute value

    phi t = max(t, 0) - S max(-t, 0). A pattern's matrix is A_p = D_p + S (I - D_p). For what is shown over all patterns every row
    counts twice: x_i with nu_i and -x_i with - S nu_i. *)

From Coq Require Import Reals List Lra Lia Arith.
From Multigrade Require Import FiniteSum Vector WeakDuality TrainingBound.
Open Scope R_scope.

Section Slopes.
Variables n d : nat.
Variable X : nat -> nat -> R.
Variable S : R.
Notation row := (row d X).

Definition phi (t : R) : R := relu t - S * relu (- t).

Lemma phi_scal k t : 0 <= k -> phi (k * t) = k * phi t.
Proof. intros Hk. unfold phi. rewrite relu_scal by exact Hk. replace (- (k * t)) with (k * - t) by ring. rewrite relu_scal by exact Hk. ring. Qed.

(** The diagonal of A_p. *)
Definition through (p : pattern) (i : nat) : R := if p i then 1 else S.

Lemma through_cone p i t : 0 <= side p i * t -> through p i * t = phi t.
Proof.
  unfold through, side, active, phi. destruct (p i); intros H.
  - rewrite relu_pos, relu_neg by lra. ring.
  - rewrite relu_neg, relu_pos by lra. ring.
Qed.

Definition output_S (c : R) (ns : list neuron) (i : nat) : R := c + lsum ns (fun v => out v * phi (row (weight v) i)).
Definition training_S (F : (nat -> R) -> R) (beta c : R) (ns : list neuron) : R :=
  F (output_S c ns) + beta * weight_decay d ns.
Definition correlation_S (nu w : nat -> R) : R := sum n (fun i => nu i * phi (row w i)).

Lemma correlation_output_S c ns nu :
  sum n (fun i => nu i * output_S c ns i) = c * sum n nu + lsum ns (fun v => out v * correlation_S nu (weight v)).
Proof.
  unfold output_S, correlation_S, sum.
  rewrite (lsum_ext _ _ (fun i => c * nu i + lsum ns (fun v => out v * (nu i * phi (row (weight v) i))))).
  - rewrite lsum_plus, lsum_scal, lsum_swap. f_equal. apply lsum_ext. intros v _. now rewrite lsum_scal.
  - intros i _. rewrite Rmult_plus_distr_l, <- lsum_scal. f_equal; [ring|]. apply lsum_ext. intros; ring.
Qed.

Hypothesis n_positive : (0 < n)%nat.

Lemma slope_bound_of_neurons F intercept beta c ns nu D :
  0 <= beta -> conjugate_bound n F nu D -> balanced n intercept nu -> constant_allowed intercept c ->
  (forall v, In v ns -> Rabs (correlation_S nu (weight v)) <= INR n * beta * norm d (weight v)) ->
  D <= training_S F beta c ns.
Proof.
  intros Hbeta HD Hnu Hc Hns. unfold training_S. eapply Rle_trans; [apply (HD (output_S c ns))|]. apply Rplus_le_compat_l.
  rewrite correlation_output_S, (constant_costs_nothing n intercept), Rplus_0_l by assumption.
  assert (Hn : 0 < INR n) by now apply lt_0_INR. apply Rmult_le_reg_l with (INR n); [exact Hn|].
  rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l, <- Rmult_assoc by lra. unfold weight_decay. rewrite <- lsum_scal.
  apply lsum_le. intros v Hv. eapply Rle_trans; [apply Rle_abs|]. rewrite Rabs_mult.
  apply Rle_trans with (INR n * beta * (Rabs (out v) * norm d (weight v))).
  - replace (INR n * beta * (Rabs (out v) * norm d (weight v))) with (Rabs (out v) * (INR n * beta * norm d (weight v))) by ring.
    apply Rmult_le_compat_l; [apply Rabs_pos | auto].
  - apply Rmult_le_compat_l; [|apply cost_of_neuron]. apply Rmult_le_pos; lra.
Qed.

(** ** The listed patterns *)

(** mu >= 0 with || X'(s A_p nu + S_p mu) || <= m. *)
Definition multiplier_S (p : pattern) (s m : R) (nu mu : nat -> R) : Prop :=
  (forall i, (i < n)%nat -> 0 <= mu i) /\ norm d (adjoint n X (fun i => s * (through p i * nu i) + side p i * mu i)) <= m.

Lemma slope_block_bound p s m nu mu w : multiplier_S p s m nu mu -> in_cone n d X p w ->
  s * correlation_S nu w <= m * norm d w.
Proof.
  intros [Hmu Hm] Hw.
  assert (Hslack : 0 <= sum n (fun i => mu i * (side p i * row w i))) by (apply sum_nonneg; intros i Hi; apply Rmult_le_pos; auto).
  assert (E : s * correlation_S nu w + sum n (fun i => mu i * (side p i * row w i))
              = dot d (adjoint n X (fun i => s * (through p i * nu i) + side p i * mu i)) w).
  { rewrite dot_adjoint. unfold correlation_S, sum. rewrite <- lsum_scal, <- lsum_plus. apply lsum_ext. intros i Hi.
    apply in_below in Hi. rewrite <- (through_cone p i (row w i)) by now apply Hw. ring. }
  assert (Hcs := cauchy_schwarz d (adjoint n X (fun i => s * (through p i * nu i) + side p i * mu i)) w).
  assert (norm d (adjoint n X (fun i => s * (through p i * nu i) + side p i * mu i)) * norm d w <= m * norm d w)
    by (apply Rmult_le_compat_r; [apply norm_nonneg | exact Hm]). lra.
Qed.

Theorem restricted_slope_bound P family F intercept beta c ns nu D :
  0 <= beta -> conjugate_bound n F nu D -> balanced n intercept nu -> constant_allowed intercept c ->
  (forall k s, (k < P)%nat -> is_sign s -> exists mu, multiplier_S (family k) s (INR n * beta) nu mu) ->
  (forall v, In v ns -> exists k, (k < P)%nat /\ in_cone n d X (family k) (weight v)) ->
  D <= training_S F beta c ns.
Proof.
  intros Hbeta HD Hnu Hc Hcert Hns. apply slope_bound_of_neurons with intercept nu; auto. intros v Hv.
  destruct (Hns v Hv) as [k [Hk Hcone]].
  destruct (Hcert k 1 Hk) as [mu Hmu]; [now left|]. destruct (Hcert k (-1) Hk) as [mu' Hmu']; [now right|].
  assert (H1 := slope_block_bound _ _ _ _ _ _ Hmu Hcone). assert (H2 := slope_block_bound _ _ _ _ _ _ Hmu' Hcone).
  apply Rabs_le. lra.
Qed.

(** ** All patterns: 2n rows *)

Definition doubled_rows (i j : nat) : R := if Nat.ltb i n then X i j else - X (i - n)%nat j.
Definition doubled_weights (nu : nat -> R) (i : nat) : R := if Nat.ltb i n then nu i else - (S * nu (i - n)%nat).

Lemma sum_doubled k f : sum (n + k) f = sum n f + sum k (fun i => f (n + i)%nat).
Proof.
  induction k as [|k IH]; [rewrite Nat.add_0_r; unfold sum at 3; cbn [seq lsum]; ring|].
  rewrite Nat.add_succ_r, !sum_S, IH. ring.
Qed.

Theorem correlation_doubled nu w :
  correlation_S nu w = correlation (n + n) d doubled_rows (doubled_weights nu) w.
Proof.
  unfold correlation, correlation_S. rewrite sum_doubled. unfold sum. rewrite <- lsum_plus. apply lsum_ext. intros i Hi. apply in_below in Hi.
  unfold doubled_weights, WeakDuality.row, doubled_rows.
  destruct (Nat.ltb_spec i n); [|lia]. destruct (Nat.ltb_spec (n + i) n); [lia|].
  replace (n + i - n)%nat with i by lia.
  replace (dot d (fun j => - X i j) w) with (- dot d (X i) w); [unfold phi; change (fun j => X i j) with (X i); ring|].
  rewrite (dot_ext d (fun j => - X i j) w (fun j => -1 * X i j) w) by (intros; ring). rewrite dot_scal_l. ring.
Qed.

(** What bounds the doubled rows, trees, pieces, parabolas or the closed form, bounds every network of the activation. *)
Theorem global_slope_bound F intercept beta c ns nu D :
  0 <= beta -> conjugate_bound n F nu D -> balanced n intercept nu -> constant_allowed intercept c ->
  globally_feasible (n + n) d doubled_rows (INR n * beta) (doubled_weights nu) ->
  D <= training_S F beta c ns.
Proof.
  intros Hbeta HD Hnu Hc Hg. apply slope_bound_of_neurons with intercept nu; auto. intros v _.
  rewrite correlation_doubled. apply correlation_homogeneous. exact Hg.
Qed.
End Slopes.
