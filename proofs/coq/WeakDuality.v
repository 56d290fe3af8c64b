(** * Weak duality of one grade's convex program

    The program over a finite family of activation patterns p = 0 .. P-1:

      min  F(c + sum_b s_b D_b X u_b) + beta sum_b ||u_b||      s.t.  S_b X u_b >= 0,

    X (n x d), D_p = diag(active p), S_p = 2 D_p - I, blocks b = (cell, sign s = +-1, u);
    the gated program drops the cone constraints.  F is any function of the prediction;
    a number D with  D <= F z + nu'z / n  for all z  is what its conjugate supplies
    (Losses.v has one per loss; squares: D(nu) = nu'y/n - ||nu||^2/(2n)).

    A certificate is a vector nu and, for the ReLU program, multipliers mu >= 0 per pattern and sign with
    || X'(s D_p nu + S_p mu) || <= n beta; with an intercept also sum nu = 0.  Then D is a lower
    bound on the objective of every feasible point, however nu and mu were found. *)

From Coq Require Import Reals List Lra Lia.
From Multigrade Require Import FiniteSum Vector.
Open Scope R_scope.

(** A pattern tells of every row whether it is active. *)
Definition pattern := nat -> bool.

Definition active (p : pattern) (i : nat) : R := if p i then 1 else 0.
Definition side (p : pattern) (i : nat) : R := 2 * active p i - 1.

Definition is_sign (s : R) : Prop := s = 1 \/ s = -1.

(** A block of the program: the index of its pattern, its sign and its vector u. *)
Record block := Block { cell : nat; sgn : R; vec : nat -> R }.

Section Program.
Variables n d : nat.            (* rows and columns of X *)
Variable X : nat -> nat -> R.   (* entry (i, j), i < n, j < d *)

(** (X w)_i and (X' v)_j. *)
Definition row (w : nat -> R) (i : nat) : R := dot d (X i) w.
Definition adjoint (v : nat -> R) (j : nat) : R := sum n (fun i => X i j * v i).

Lemma dot_adjoint v w : dot d (adjoint v) w = sum n (fun i => v i * row w i).
Proof.
  unfold dot, adjoint, row, dot, sum.
  rewrite (lsum_ext (seq 0 d) _ (fun j => lsum (seq 0 n) (fun i => v i * (X i j * w j)))).
  - rewrite lsum_swap. apply lsum_ext. intros i _. now rewrite lsum_scal.
  - intros j _. rewrite <- lsum_scal_r. apply lsum_ext. intros i _. ring.
Qed.

Lemma row_scal k w i : row (fun j => k * w j) i = k * row w i.
Proof. apply dot_scal_r. Qed.

Lemma adjoint_scal k v j : adjoint (fun i => k * v i) j = k * adjoint v j.
Proof. unfold adjoint, sum. rewrite <- lsum_scal. apply lsum_ext. intros; ring. Qed.

(** ** Primal side *)

Variable P : nat.                      (* number of patterns *)
Variable family : nat -> pattern.
Variable intercept : bool.

Definition in_cone (p : pattern) (w : nat -> R) : Prop :=
  forall i, (i < n)%nat -> 0 <= side p i * row w i.

Definition listed (b : block) : Prop := (cell b < P)%nat /\ is_sign (sgn b).

Definition gated_feasible (bs : list block) : Prop := forall b, In b bs -> listed b.

Definition relu_feasible (bs : list block) : Prop :=
  forall b, In b bs -> listed b /\ in_cone (family (cell b)) (vec b).

Definition constant_allowed (c : R) : Prop := if intercept then True else c = 0.

Definition prediction (c : R) (bs : list block) (i : nat) : R :=
  c + lsum bs (fun b => sgn b * (active (family (cell b)) i * row (vec b) i)).

Definition group_norms (bs : list block) : R := lsum bs (fun b => norm d (vec b)).

Definition primal (F : (nat -> R) -> R) (beta c : R) (bs : list block) : R :=
  F (prediction c bs) + beta * group_norms bs.

(** ** Dual side *)

Definition balanced (nu : nat -> R) : Prop := if intercept then sum n nu = 0 else True.

(** D <= F z + nu'z/n for every prediction z. *)
Definition conjugate_bound (F : (nat -> R) -> R) (nu : nat -> R) (D : R) : Prop :=
  forall z, D <= F z + / INR n * sum n (fun i => nu i * z i).

(** The vector whose image under X' a multiplier mu keeps short. *)
Definition corrected (p : pattern) (s : R) (nu mu : nat -> R) (i : nat) : R :=
  s * (active p i * nu i) + side p i * mu i.

(** mu >= 0 shows that no w of unit length in p's cone has s nu'D_pXw > m. *)
Definition multiplier (p : pattern) (s m : R) (nu mu : nat -> R) : Prop :=
  (forall i, (i < n)%nat -> 0 <= mu i) /\ norm d (adjoint (corrected p s nu mu)) <= m.

Definition relu_certificate (m : R) (nu : nat -> R) : Prop :=
  forall k s, (k < P)%nat -> is_sign s -> exists mu, multiplier (family k) s m nu mu.

Definition gated_certificate (m : R) (nu : nat -> R) : Prop :=
  forall k, (k < P)%nat -> norm d (adjoint (fun i => active (family k) i * nu i)) <= m.

(** ** One block *)

Lemma relu_block_bound p s m nu mu w :
  multiplier p s m nu mu -> in_cone p w ->
  s * sum n (fun i => nu i * (active p i * row w i)) <= m * norm d w.
Proof.
  intros [Hmu Hm] Hw.
  assert (Hslack : 0 <= sum n (fun i => mu i * (side p i * row w i))).
  { apply sum_nonneg. intros i Hi. apply Rmult_le_pos; auto. }
  assert (Hsplit : s * sum n (fun i => nu i * (active p i * row w i))
                   + sum n (fun i => mu i * (side p i * row w i))
                   = dot d (adjoint (corrected p s nu mu)) w).
  { rewrite dot_adjoint. unfold sum. rewrite <- lsum_scal, <- lsum_plus.
    apply lsum_ext. intros i _. unfold corrected. ring. }
  assert (Hcs := cauchy_schwarz d (adjoint (corrected p s nu mu)) w).
  assert (norm d (adjoint (corrected p s nu mu)) * norm d w <= m * norm d w).
  { apply Rmult_le_compat_r; [apply norm_nonneg | exact Hm]. }
  lra.
Qed.

(** Without the cone the zero multiplier is the only one there is. *)
Lemma gated_block_bound p s m nu w :
  norm d (adjoint (fun i => active p i * nu i)) <= m -> is_sign s ->
  s * sum n (fun i => nu i * (active p i * row w i)) <= m * norm d w.
Proof.
  intros Hm Hs.
  assert (Hsplit : s * sum n (fun i => nu i * (active p i * row w i))
                   = dot d (adjoint (fun i => s * (active p i * nu i))) w).
  { rewrite dot_adjoint. unfold sum. rewrite <- lsum_scal.
    apply lsum_ext. intros i _. ring. }
  rewrite Hsplit. eapply Rle_trans; [apply cauchy_schwarz|].
  apply Rmult_le_compat_r; [apply norm_nonneg|].
  rewrite (norm_ext d _ (fun j => s * adjoint (fun i => active p i * nu i) j))
    by (intros; apply adjoint_scal).
  rewrite norm_scal.
  assert (Rabs s = 1) as -> by (destruct Hs as [-> | ->]; unfold Rabs; destruct Rcase_abs; lra).
  lra.
Qed.

(** ** Weak duality *)

Lemma constant_costs_nothing c nu :
  constant_allowed c -> balanced nu -> c * sum n nu = 0.
Proof.
  unfold constant_allowed, balanced.
  destruct intercept; intros; subst; [rewrite H0|]; ring.
Qed.

(** nu' times the prediction, block by block. *)
Lemma correlation_prediction c bs nu :
  sum n (fun i => nu i * prediction c bs i)
  = c * sum n nu
    + lsum bs (fun b => sgn b * sum n (fun i => nu i * (active (family (cell b)) i * row (vec b) i))).
Proof.
  unfold prediction, sum.
  rewrite (lsum_ext (seq 0 n) _ (fun i => c * nu i
    + lsum bs (fun b => sgn b * (nu i * (active (family (cell b)) i * row (vec b) i))))).
  - rewrite lsum_plus, lsum_scal. f_equal. rewrite lsum_swap.
    apply lsum_ext. intros b _. now rewrite lsum_scal.
  - intros i _. rewrite Rmult_plus_distr_l, <- lsum_scal.
    rewrite (Rmult_comm (nu i) c). f_equal. apply lsum_ext. intros b _. ring.
Qed.

Hypothesis n_positive : (0 < n)%nat.

Lemma INR_n_positive : 0 < INR n.
Proof. now apply lt_0_INR. Qed.

(** Blocks that satisfy the block bound obey the dual bound. *)
Lemma weak_duality_of_blocks F beta c bs nu D :
  conjugate_bound F nu D -> balanced nu -> constant_allowed c ->
  (forall b, In b bs ->
     sgn b * sum n (fun i => nu i * (active (family (cell b)) i * row (vec b) i))
     <= INR n * beta * norm d (vec b)) ->
  D <= primal F beta c bs.
Proof.
  intros HD Hnu Hc Hbs. unfold primal.
  eapply Rle_trans; [apply (HD (prediction c bs))|].
  apply Rplus_le_compat_l.
  rewrite correlation_prediction, constant_costs_nothing, Rplus_0_l by assumption.
  assert (Hn := INR_n_positive).
  apply Rmult_le_reg_l with (INR n); [exact Hn|].
  rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l by lra.
  rewrite <- Rmult_assoc. unfold group_norms. rewrite <- lsum_scal.
  now apply lsum_le.
Qed.

Theorem weak_duality_relu F beta c bs nu D :
  conjugate_bound F nu D -> balanced nu -> constant_allowed c ->
  relu_certificate (INR n * beta) nu -> relu_feasible bs ->
  D <= primal F beta c bs.
Proof.
  intros HD Hnu Hc Hcert Hbs. apply weak_duality_of_blocks with nu; auto.
  intros b Hb. destruct (Hbs b Hb) as [[Hk Hs] Hcone].
  destruct (Hcert (cell b) (sgn b) Hk Hs) as [mu Hmu].
  now apply relu_block_bound with mu.
Qed.

Theorem weak_duality_gated F beta c bs nu D :
  conjugate_bound F nu D -> balanced nu -> constant_allowed c ->
  gated_certificate (INR n * beta) nu -> gated_feasible bs ->
  D <= primal F beta c bs.
Proof.
  intros HD Hnu Hc Hcert Hbs. apply weak_duality_of_blocks with nu; auto.
  intros b Hb. destruct (Hbs b Hb) as [Hk Hs].
  apply gated_block_bound; auto.
Qed.

(** A point and a certificate bracket the optimum: no feasible point improves on this one by more than their difference. *)
Corollary gap_bounds_suboptimality F beta c bs nu D :
  conjugate_bound F nu D -> balanced nu ->
  relu_certificate (INR n * beta) nu -> relu_feasible bs -> constant_allowed c ->
  forall c' bs', constant_allowed c' -> relu_feasible bs' ->
  primal F beta c bs - primal F beta c' bs' <= primal F beta c bs - D.
Proof.
  intros HD Hnu Hcert Hbs Hc c' bs' Hc' Hbs'.
  assert (D <= primal F beta c' bs') by now apply weak_duality_relu with nu.
  lra.
Qed.

(** ** Scaling into feasibility: t nu with multipliers t mu *)

Lemma balanced_scal t nu : balanced nu -> balanced (fun i => t * nu i).
Proof.
  unfold balanced. destruct intercept; auto. intros H.
  unfold sum in *. rewrite lsum_scal, H. ring.
Qed.

Lemma multiplier_scal t p s m m' nu mu :
  0 <= t -> t * m <= m' -> multiplier p s m nu mu ->
  multiplier p s m' (fun i => t * nu i) (fun i => t * mu i).
Proof.
  intros Ht Hm [Hmu Hnorm]. split.
  - intros i Hi. apply Rmult_le_pos; auto.
  - rewrite (norm_ext d _ (fun j => t * adjoint (corrected p s nu mu) j)).
    + rewrite norm_scal, Rabs_pos_eq by exact Ht.
      apply Rle_trans with (t * m); [|exact Hm]. now apply Rmult_le_compat_l.
    + intros j _. rewrite <- adjoint_scal. unfold adjoint. apply sum_ext.
      intros i _. unfold corrected. ring.
Qed.

Theorem relu_certificate_scal t m m' nu :
  0 <= t -> t * m <= m' -> relu_certificate m nu -> relu_certificate m' (fun i => t * nu i).
Proof.
  intros Ht Hm H k s Hk Hs. destruct (H k s Hk Hs) as [mu Hmu].
  exists (fun i => t * mu i). now apply multiplier_scal with m.
Qed.

Theorem gated_certificate_scal t m m' nu :
  0 <= t -> t * m <= m' -> gated_certificate m nu -> gated_certificate m' (fun i => t * nu i).
Proof.
  intros Ht Hm H k Hk.
  rewrite (norm_ext d _ (fun j => t * adjoint (fun i => active (family k) i * nu i) j)).
  - rewrite norm_scal, Rabs_pos_eq by exact Ht.
    apply Rle_trans with (t * m); [|exact Hm]. apply Rmult_le_compat_l; auto.
  - intros j _. rewrite <- adjoint_scal. unfold adjoint. apply sum_ext. intros i _. ring.
Qed.
End Program.

(** ** Squares *)

Section Squares.
Variable n : nat.
Variable y : nat -> R.
Hypothesis n_positive : (0 < n)%nat.

(** (1/2n) ||z - y||^2 and its dual function. *)
Definition squares (z : nat -> R) : R :=
  / (2 * INR n) * sum n (fun i => (z i - y i) * (z i - y i)).

Definition dual_squares (nu : nat -> R) : R :=
  / INR n * sum n (fun i => nu i * y i) - / (2 * INR n) * sum n (fun i => nu i * nu i).

Theorem squares_conjugate nu : conjugate_bound n squares nu (dual_squares nu).
Proof.
  intros z. unfold squares, dual_squares.
  assert (Hn : 0 < INR n) by now apply lt_0_INR.
  assert (Hi : / (2 * INR n) * 2 = / INR n) by (field; lra).
  rewrite <- Hi.
  assert (H : 0 <= / (2 * INR n) * sum n (fun i => (z i - y i + nu i) * (z i - y i + nu i))).
  { apply Rmult_le_pos.
    - apply Rlt_le, Rinv_0_lt_compat; lra.
    - apply sum_nonneg. intros; apply Rle_0_sqr. }
  unfold sum in *.
  rewrite (lsum_ext _ (fun i => (z i - y i + nu i) * (z i - y i + nu i))
    (fun i => (((z i - y i) * (z i - y i) + 2 * (nu i * z i)) - 2 * (nu i * y i)) + nu i * nu i)) in H
    by (intros; ring).
  rewrite lsum_plus, lsum_minus, lsum_plus, !lsum_scal in H.
  rewrite !Rmult_plus_distr_l, Rmult_minus_distr_l, Rmult_plus_distr_l in H. lra.
Qed.

(** The bound is the exact infimum: it is attained at z = y - nu. *)
Theorem squares_conjugate_tight nu :
  squares (fun i => y i - nu i) + / INR n * sum n (fun i => nu i * (y i - nu i)) = dual_squares nu.
Proof.
  unfold squares, dual_squares, sum.
  assert (Hn : 0 < INR n) by now apply lt_0_INR.
  rewrite (lsum_ext _ (fun i => (y i - nu i - y i) * (y i - nu i - y i)) (fun i => nu i * nu i))
    by (intros; ring).
  rewrite (lsum_ext _ (fun i => nu i * (y i - nu i)) (fun i => nu i * y i - nu i * nu i))
    by (intros; ring).
  rewrite lsum_minus. field. lra.
Qed.

Theorem dual_squares_scal t nu :
  dual_squares (fun i => t * nu i)
  = t * (/ INR n * sum n (fun i => nu i * y i)) - t * t * (/ (2 * INR n) * sum n (fun i => nu i * nu i)).
Proof.
  unfold dual_squares, sum.
  rewrite (lsum_ext _ (fun i => t * nu i * y i) (fun i => t * (nu i * y i))) by (intros; ring).
  rewrite (lsum_ext _ (fun i => t * nu i * (t * nu i)) (fun i => t * t * (nu i * nu i))) by (intros; ring).
  rewrite !lsum_scal. ring.
Qed.

(** The statement of the certificate for squares, in full. *)
Theorem dual_bound_relu d X P family intercept beta c bs nu :
  balanced n intercept nu -> constant_allowed intercept c ->
  relu_certificate n d X P family (INR n * beta) nu ->
  relu_feasible n d X P family bs ->
  dual_squares nu <= primal d X family squares beta c bs.
Proof. intros. apply weak_duality_relu with n P intercept nu; auto. apply squares_conjugate. Qed.

Theorem dual_bound_gated d X P family intercept beta c bs nu :
  balanced n intercept nu -> constant_allowed intercept c ->
  gated_certificate n d X P family (INR n * beta) nu ->
  gated_feasible P bs ->
  dual_squares nu <= primal d X family squares beta c bs.
Proof. intros. apply weak_duality_gated with n P intercept nu; auto. apply squares_conjugate. Qed.

(** An almost feasible nu (|| X'(s D nu + S mu) || <= m) still proves D(t nu) for every t >= 0 with t m <= n beta. *)
Theorem scaled_dual_bound_relu d X P family intercept beta m t c bs nu :
  0 <= t -> t * m <= INR n * beta ->
  balanced n intercept nu -> constant_allowed intercept c ->
  relu_certificate n d X P family m nu ->
  relu_feasible n d X P family bs ->
  dual_squares (fun i => t * nu i) <= primal d X family squares beta c bs.
Proof.
  intros Ht Hm Hnu Hc Hcert Hbs. apply dual_bound_relu with P intercept; auto.
  - now apply balanced_scal.
  - now apply relu_certificate_scal with m.
Qed.

Theorem scaled_dual_bound_gated d X P family intercept beta m t c bs nu :
  0 <= t -> t * m <= INR n * beta ->
  balanced n intercept nu -> constant_allowed intercept c ->
  gated_certificate n d X P family m nu ->
  gated_feasible P bs ->
  dual_squares (fun i => t * nu i) <= primal d X family squares beta c bs.
Proof.
  intros Ht Hm Hnu Hc Hcert Hbs. apply dual_bound_gated with P intercept; auto.
  - now apply balanced_scal.
  - now apply gated_certificate_scal with m.
Qed.
End Squares.
