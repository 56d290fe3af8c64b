(** * The closed-form bound of m(nu)

    relu(t) = (t + |t|) / 2 and Cauchy's inequality give, for ||w|| <= 1,

      nu' relu(X w) <= (||X'nu|| + sqrt(sum(nu+) lambda)) / 2,   lambda >= w' X' diag(nu+) X w / ||w||^2 for all w,

    so lambda = lambda_max(X' diag(nu+) X), or its trace, will do; -nu gives the other sign.  Gated units:
    ||X' D nu|| <= sqrt(lambda) ||nu|| with lambda >= lambda_max(X'X), for every pattern D. *)

From Coq Require Import Reals List Lra Lia.
From Multigrade Require Import FiniteSum Vector WeakDuality TrainingBound.
Open Scope R_scope.

(** Cauchy-Schwarz with weights p >= 0. *)
Lemma weighted_cauchy n (p a : nat -> R) :
  (forall i, (i < n)%nat -> 0 <= p i) ->
  sum n (fun i => p i * Rabs (a i)) <= sqrt (sum n p * sum n (fun i => p i * (a i * a i))).
Proof.
  intros Hp.
  assert (H := cauchy_schwarz n (fun i => sqrt (p i)) (fun i => sqrt (p i) * Rabs (a i))).
  unfold norm, norm2 in H. rewrite <- sqrt_mult_alt in H by apply norm2_nonneg.
  assert (H1 : dot n (fun i => sqrt (p i)) (fun i => sqrt (p i) * Rabs (a i)) = sum n (fun i => p i * Rabs (a i))).
  { apply sum_ext. intros i Hi. rewrite <- Rmult_assoc, sqrt_sqrt by auto. reflexivity. }
  assert (H2 : dot n (fun i => sqrt (p i)) (fun i => sqrt (p i)) = sum n p).
  { apply sum_ext. intros i Hi. apply sqrt_sqrt. auto. }
  assert (H3 : dot n (fun i => sqrt (p i) * Rabs (a i)) (fun i => sqrt (p i) * Rabs (a i))
               = sum n (fun i => p i * (a i * a i))).
  { apply sum_ext. intros i Hi.
    replace (sqrt (p i) * Rabs (a i) * (sqrt (p i) * Rabs (a i)))
      with ((sqrt (p i) * sqrt (p i)) * (Rabs (a i) * Rabs (a i))) by ring.
    rewrite sqrt_sqrt by auto. rewrite <- Rabs_mult, Rabs_pos_eq by apply Rle_0_sqr. reflexivity. }
  rewrite H1, H2, H3 in H. exact H.
Qed.

Section ClosedForm.
Variables n d : nat.
Variable X : nat -> nat -> R.
Notation row := (row d X).

(** lambda bounds the quadratic form X' diag(p) X. *)
Definition form_at_most (p : nat -> R) (lambda : R) : Prop :=
  forall w, sum n (fun i => p i * (row w i * row w i)) <= lambda * norm2 d w.

Lemma relu_is_half_sum t : relu t = (t + Rabs t) / 2.
Proof. unfold relu, Rmax, Rabs. destruct Rle_dec; destruct Rcase_abs; lra. Qed.

Lemma one_side nu lambda w :
  form_at_most (fun i => relu (nu i)) lambda -> 0 <= lambda -> norm d w <= 1 ->
  correlation n d X nu w <= (norm d (adjoint n X nu) + sqrt (sum n (fun i => relu (nu i)) * lambda)) / 2.
Proof.
  intros Hform Hlambda Hw. assert (Hw0 := norm_nonneg d w).
  set (S := sum n (fun i => relu (nu i))).
  assert (HS : 0 <= S) by (apply sum_nonneg; intros; apply relu_nonneg).
  assert (H1 : sum n (fun i => nu i * row w i) <= norm d (adjoint n X nu)).
  { rewrite <- dot_adjoint. eapply Rle_trans; [apply cauchy_schwarz|].
    rewrite <- (Rmult_1_r (norm d (adjoint n X nu))) at 2. apply Rmult_le_compat_l; [apply norm_nonneg | exact Hw]. }
  assert (H2 : sum n (fun i => relu (nu i) * Rabs (row w i)) <= sqrt (S * lambda)).
  { eapply Rle_trans; [apply weighted_cauchy; intros; apply relu_nonneg|].
    apply sqrt_le_1_alt. apply Rmult_le_compat_l; [exact HS|].
    eapply Rle_trans; [apply (Hform w)|].
    rewrite <- (Rmult_1_r lambda) at 2. apply Rmult_le_compat_l; [exact Hlambda|].
    rewrite <- norm_square. nra. }
  assert (H3 : 2 * correlation n d X nu w
               <= sum n (fun i => nu i * row w i) + sum n (fun i => relu (nu i) * Rabs (row w i))).
  { unfold correlation, sum. rewrite <- lsum_scal, <- lsum_plus. apply lsum_le. intros i _.
    rewrite relu_is_half_sum. assert (h := Rabs_pos (row w i)).
    assert (nu i * Rabs (row w i) <= relu (nu i) * Rabs (row w i)); [|lra].
    apply Rmult_le_compat_r; [exact h | apply Rmax_l]. }
  lra.
Qed.

Theorem closed_form_global nu lambda mu m :
  0 <= lambda -> 0 <= mu ->
  form_at_most (fun i => relu (nu i)) lambda -> form_at_most (fun i => relu (- nu i)) mu ->
  (norm d (adjoint n X nu) + sqrt (sum n (fun i => relu (nu i)) * lambda)) / 2 <= m ->
  (norm d (adjoint n X nu) + sqrt (sum n (fun i => relu (- nu i)) * mu)) / 2 <= m ->
  globally_feasible n d X m nu.
Proof.
  intros Hl Hm Hplus Hminus H1 H2 w Hw. apply Rabs_le. split.
  - assert (h := one_side (fun i => - nu i) mu w Hminus Hm Hw).
    assert (Hnorm : norm d (adjoint n X (fun i => - nu i)) = norm d (adjoint n X nu)).
    { rewrite (norm_ext d _ (fun j => -1 * adjoint n X nu j)).
      - rewrite norm_scal. replace (Rabs (-1)) with 1 by (rewrite Rabs_left; lra). ring.
      - intros j _. rewrite <- adjoint_scal. apply sum_ext. intros; ring. }
    assert (Hneg : correlation n d X (fun i => - nu i) w = - correlation n d X nu w).
    { unfold correlation, sum. rewrite (lsum_ext _ _ (fun i => -1 * (nu i * relu (row w i)))) by (intros; ring).
      rewrite lsum_scal. ring. }
    rewrite Hnorm, Hneg in h. lra.
  - assert (h := one_side nu lambda w Hplus Hl Hw). lra.
Qed.

(** The trace sum_i p_i ||x_i||^2 always bounds the form. *)
Theorem trace_bounds_form p :
  (forall i, (i < n)%nat -> 0 <= p i) -> form_at_most p (sum n (fun i => p i * norm2 d (X i))).
Proof.
  intros Hp w. unfold sum. rewrite <- lsum_scal_r. apply lsum_le. intros i Hi. apply in_below in Hi.
  rewrite Rmult_assoc. apply Rmult_le_compat_l; [auto|]. apply cauchy_schwarz_squared.
Qed.

(** Gated: one number for all patterns. *)
Theorem closed_form_gated lambda nu p :
  0 <= lambda -> form_at_most (fun _ => 1) lambda ->
  norm d (adjoint n X (fun i => active p i * nu i)) <= sqrt lambda * norm n nu.
Proof.
  intros Hl Hform. set (g := adjoint n X (fun i => active p i * nu i)).
  assert (Hactive : forall i, active p i * active p i <= 1) by (intros i; unfold active; destruct (p i); lra).
  assert (H : norm2 d g <= norm n nu * (sqrt lambda * norm d g)).
  { unfold norm2. unfold g at 1. rewrite dot_adjoint.
    eapply Rle_trans; [apply (cauchy_schwarz n (fun i => active p i * nu i) (row g))|].
    apply Rmult_le_compat; try apply norm_nonneg.
    - apply sqrt_le_1_alt, sum_le. intros i _. assert (h := Hactive i). assert (h2 := Rle_0_sqr (nu i)).
      unfold Rsqr in h2. nra.
    - unfold norm at 2. rewrite <- sqrt_mult_alt by exact Hl. apply sqrt_le_1_alt.
      eapply Rle_trans; [|apply (Hform g)]. right. apply sum_ext. intros; ring. }
  rewrite <- norm_square in H. destruct (Req_dec (norm d g) 0) as [Hz|Hz].
  - rewrite Hz. apply Rmult_le_pos; [apply sqrt_pos | apply norm_nonneg].
  - assert (Hg := norm_nonneg d g). apply Rmult_le_reg_r with (norm d g); [lra|]. lra.
Qed.
End ClosedForm.
