(** * The program's own schedule converges

    Grade k works on the grid N_k = 2^(k+1), with threshold tau_k = eps_k + delta_k: eps_k bounds the interpolation error of f, delta_k is the
    oscillation of the residual's node values along the edges, up to a slack s_k; its node values are soft-thresholded up to a rounding
    r_k (a grade that is left out has node values 0, within r_k where nothing exceeds tau_k).  Then sup |e_k| -> 0 on the cube, for every d,
    if eps_k, r_k, s_k -> 0: for every continuous f.

    The oscillation itself need not halve from grid to grid for d >= 3.  What does is the variation along chains: the largest
    |sum_i (c(u_i') - c(u_i))| over u_0 <= u_0' <= u_1 <= u_1' <= ... within one cell.  A node of the fine grid is the middle of two
    nodes of the coarse one, its halves rounded down and up; the halves of a chain in a fine cell, rounded down and then rounded up, are
    one chain in one coarse cell, so interpolation halves V.  Clipping does not increase it.  Hence
    V_(k+1) <= V_k / 2 + 2 d eps_k + d r_k. *)

From Coq Require Import Reals List Lra Lia Arith Bool.
From Coquelicot Require Import Coquelicot.
From Multigrade Require Import FiniteSum TrainingBound SoftThreshold KuhnHat NestedGrids Continuity CubeIntegral Scheme ReluNetwork.
Import ListNotations.
Open Scope R_scope.

(** ** Chains of nodes *)

Fixpoint below {d} : node d -> node d -> Prop :=
  match d with
  | O => fun _ _ => True
  | S d' => fun a b => (fst a <= fst b)%nat /\ below (snd a) (snd b)
  end.

(** The opposite corner of the cell of a, and half of a + j rounded down. *)
Fixpoint up {d} : node d -> node d :=
  match d with O => fun a => a | S d' => fun a => (S (fst a), up (snd a)) end.

Fixpoint half (j : nat) {d} : node d -> node d :=
  match d with O => fun a => a | S d' => fun a => (((fst a + j) / 2)%nat, half j (snd a)) end.

Fixpoint everywhere (N d : nat) : node d :=
  match d with O => tt | S d' => (N, everywhere N d') end.

Fixpoint size {d} : node d -> nat :=
  match d with O => fun _ => 0%nat | S d' => fun a => (fst a + size (snd a))%nat end.

Lemma below_refl d : forall a : node d, below a a.
Proof. induction d as [|d IH]; intros a; simpl; auto. Qed.

Lemma below_trans d : forall a b c : node d, below a b -> below b c -> below a c.
Proof.
  induction d as [|d IH]; intros a b c H H'; simpl in *; [exact I|]. destruct H, H'. split; [lia|]. now apply IH with (snd b).
Qed.

Lemma below_half j d : forall a b : node d, below a b -> below (half j a) (half j b).
Proof.
  induction d as [|d IH]; intros a b H; cbn [below half fst snd] in *; [exact I|]. destruct H. split; [|now apply IH].
  cbn [half fst]. apply Nat.div_le_mono; lia.
Qed.

Lemma half_up_0 d : forall a : node d, half 0 (up a) = half 1 a.
Proof.
  induction d as [|d IH]; intros a; cbn [half up fst snd]; [reflexivity|]. rewrite IH.
  now replace (S (fst a) + 0)%nat with (fst a + 1)%nat by lia.
Qed.

Lemma half_up_1 d : forall a : node d, half 1 (up a) = up (half 0 a).
Proof.
  induction d as [|d IH]; intros a; cbn [half up fst snd]; [reflexivity|]. rewrite IH, Nat.add_0_r.
  replace (S (fst a) + 1)%nat with (fst a + 1 * 2)%nat by lia. rewrite Nat.div_add by lia.
  now replace (fst a / 2 + 1)%nat with (S (fst a / 2)) by lia.
Qed.

Lemma size_below d : forall a b : node d, below a b -> (size a <= size b)%nat /\ (size a = size b -> a = b).
Proof.
  induction d as [|d IH]; intros a b H; simpl in *; [now destruct a, b|]. destruct a as [a1 a2], b as [b1 b2], H as [H1 H2]. simpl in *.
  destruct (IH a2 b2 H2) as [h1 h2]. split; [lia|]. intros E. assert (a1 = b1) by lia. subst. f_equal. apply h2. lia.
Qed.

Lemma size_up d : forall a : node d, size (up a) = (size a + d)%nat.
Proof. induction d as [|d IH]; intros a; simpl; [reflexivity|]. rewrite IH. lia. Qed.

Lemma in_nodes N d : forall a : node d, In a (nodes N d) <-> below a (everywhere N d).
Proof.
  induction d as [|d IH]; intros a; [destruct a; simpl; tauto|]. cbn [nodes everywhere below fst snd]. rewrite in_flat_map. split.
  - intros [i [Hi Ha]]. apply in_map_iff in Ha. destruct Ha as [b [<- Hb]]. cbn [fst snd]. split; [apply in_seq in Hi; lia | now apply IH].
  - destruct a as [i b]. cbn [fst snd]. intros [Hi Hb]. exists i. split; [apply in_seq; lia|]. apply in_map. now apply IH.
Qed.

Lemma origin_in_grid N d : In (everywhere 0 d) (nodes N d).
Proof. apply in_nodes. induction d as [|d IH]; [exact I|]. cbn [everywhere below fst snd]. split; [lia | exact IH]. Qed.

Lemma above_refl d : forall a : node d, above a a.
Proof. induction d as [|d IH]; intros a; simpl; auto. Qed.

Fixpoint chain {d} (lo : node d) (l : list (node d * node d)) (hi : node d) : Prop :=
  match l with
  | [] => below lo hi
  | p :: l' => below lo (fst p) /\ below (fst p) (snd p) /\ chain (snd p) l' hi
  end.

Lemma chain_ends d l : forall lo hi : node d, chain lo l hi -> below lo hi.
Proof.
  induction l as [|p l IH]; intros lo hi H; simpl in H; [exact H|]. destruct H as [H1 [H2 H3]].
  apply below_trans with (fst p); [exact H1|]. apply below_trans with (snd p); auto.
Qed.

Lemma chain_from d l : forall lo lo' hi : node d, below lo lo' -> chain lo' l hi -> chain lo l hi.
Proof.
  destruct l as [|p l]; intros lo lo' hi H H'; simpl in *; [now apply below_trans with lo'|].
  destruct H' as [H1 H2]. split; [now apply below_trans with lo' | exact H2].
Qed.

Lemma chain_app d l l' : forall lo mid hi : node d, chain lo l mid -> chain mid l' hi -> chain lo (l ++ l') hi.
Proof.
  induction l as [|p l IH]; intros lo mid hi H H'; simpl in *; [now apply chain_from with mid|].
  destruct H as [H1 [H2 H3]]. repeat split; auto. now apply IH with mid.
Qed.

Lemma chain_filter d (keep : node d * node d -> bool) l : forall lo hi, chain lo l hi -> chain lo (filter keep l) hi.
Proof.
  induction l as [|p l IH]; intros lo hi H; simpl in *; [exact H|]. destruct H as [H1 [H2 H3]].
  destruct (keep p); simpl; [auto|]. apply chain_from with (snd p); [now apply below_trans with (fst p) | auto].
Qed.

Lemma below_up d : forall a b : node d, below a b -> below (up a) (up b).
Proof. induction d as [|d IH]; intros a b H; simpl in *; [exact I|]. destruct H. split; [lia | now apply IH]. Qed.

Lemma above_cell d : forall a b : node d, below a b -> below b (up a) -> above a b.
Proof. induction d as [|d IH]; intros a b H H'; simpl in *; [exact I|]. destruct H, H'. split; [lia | now apply IH]. Qed.

Lemma chain_above d l : forall (lo hi : node d) p, chain lo l hi -> In p l -> below lo (fst p).
Proof.
  induction l as [|q l IH]; intros lo hi p H Hp; simpl in *; [contradiction|]. destruct H as [H1 [H2 H3]].
  destruct Hp as [<-|Hp]; [exact H1|]. apply below_trans with (snd q); [now apply below_trans with (fst q) | now apply IH with hi].
Qed.

Definition halves (j : nat) {d} (p : node d * node d) : node d * node d := (half j (fst p), half j (snd p)).

Lemma chain_half j d l : forall lo hi : node d, chain lo l hi -> chain (half j lo) (map (halves j) l) (half j hi).
Proof.
  induction l as [|p l IH]; intros lo hi H; simpl in *; [now apply below_half|].
  destruct H as [H1 [H2 H3]]. repeat split; auto; now apply below_half.
Qed.

Lemma chain_within d l : forall (lo hi : node d) p, chain lo l hi -> In p l -> below (fst p) (snd p) /\ below (snd p) hi.
Proof.
  induction l as [|q l IH]; intros lo hi p H Hp; simpl in *; [contradiction|]. destruct H as [H1 [H2 H3]].
  destruct Hp as [<-|Hp]; [split; [exact H2 | now apply chain_ends with l] | now apply IH with (snd q)].
Qed.

Definition variation {d} (c : node d -> R) (l : list (node d * node d)) : R := lsum l (fun p => c (snd p) - c (fst p)).

(** V bounds the variation along every chain in every cell of the grid. *)
Definition variation_at_most {d} (N : nat) (c : node d -> R) (V : R) : Prop :=
  forall lo l, below (up lo) (everywhere N d) -> chain lo l (up lo) -> Rabs (variation c l) <= V.

Lemma chain_in_grid d N (lo : node d) l p :
  below (up lo) (everywhere N d) -> chain lo l (up lo) -> In p l -> In (fst p) (nodes N d) /\ In (snd p) (nodes N d).
Proof.
  intros HN Hc Hp. destruct (chain_within d l lo (up lo) p Hc Hp) as [H1 H2]. split; apply in_nodes.
  - apply below_trans with (snd p); [exact H1|]. now apply below_trans with (up lo).
  - now apply below_trans with (up lo).
Qed.

Lemma variation_ext d N (c c' : node d -> R) V :
  (forall a, In a (nodes N d) -> c a = c' a) -> variation_at_most N c V -> variation_at_most N c' V.
Proof.
  intros E H lo l HN Hc. unfold variation. rewrite (lsum_ext _ _ (fun p => c (snd p) - c (fst p))); [now apply (H lo)|].
  intros p Hp. destruct (chain_in_grid d N lo l p HN Hc Hp). now rewrite !E.
Qed.

Lemma variation_plus d N (c c' : node d -> R) V V' :
  variation_at_most N c V -> variation_at_most N c' V' -> variation_at_most N (fun a => c a + c' a) (V + V').
Proof.
  intros H H' lo l HN Hc. unfold variation.
  rewrite (lsum_ext _ _ (fun p => (c (snd p) - c (fst p)) + (c' (snd p) - c' (fst p)))) by (intros; ring).
  rewrite lsum_plus. eapply Rle_trans; [apply Rabs_triang|]. apply Rplus_le_compat; [now apply (H lo) | now apply (H' lo)].
Qed.

Lemma variation_le d N (c : node d -> R) V V' : V <= V' -> variation_at_most N c V -> variation_at_most N c V'.
Proof. intros HV H lo l HN Hc. eapply Rle_trans; [now apply (H lo) | exact HV]. Qed.

(** At most d of a chain's pairs are not trivial. *)
Lemma chain_size d l : forall lo hi : node d, chain lo l hi ->
  lsum l (fun p => INR (size (snd p)) - INR (size (fst p))) <= INR (size hi) - INR (size lo).
Proof.
  induction l as [|p l IH]; intros lo hi H; simpl in *.
  - destruct (size_below d lo hi H) as [h _]. apply le_INR in h. lra.
  - destruct H as [H1 [H2 H3]]. destruct (size_below d _ _ H1) as [h _]. apply le_INR in h. assert (k := IH _ _ H3). lra.
Qed.

Lemma variation_of_pairs d N (c : node d -> R) m :
  (forall u v : node d, In u (nodes N d) -> In v (nodes N d) -> below u v -> below v (up u) -> Rabs (c v - c u) <= m) ->
  variation_at_most N c (INR d * m).
Proof.
  intros Hm lo l HN Hc. assert (Hsum := chain_size d l lo (up lo) Hc). rewrite size_up, plus_INR in Hsum.
  assert (Hm0 : 0 <= m).
  { assert (hin : In lo (nodes N d)) by (apply in_nodes; apply below_trans with (up lo); [now apply chain_ends with l | exact HN]).
    exact (Rle_trans _ _ _ (Rabs_pos _) (Hm lo lo hin hin (below_refl d lo) (chain_ends d l lo (up lo) Hc))). }
  assert (Hterm : forall p, In p l -> Rabs (c (snd p) - c (fst p)) <= m * (INR (size (snd p)) - INR (size (fst p)))).
  { intros p Hp. destruct (chain_in_grid d N lo l p HN Hc Hp) as [h1 h2].
    destruct (chain_within d l lo (up lo) p Hc Hp) as [hb hu]. destruct (size_below d _ _ hb) as [hle heq].
    destruct (Nat.eq_dec (size (fst p)) (size (snd p))) as [E|E].
    - rewrite <- (heq E), !Rminus_eq_0, Rabs_R0. lra.
    - assert (hlt : (size (fst p) + 1 <= size (snd p))%nat) by lia. apply le_INR in hlt. rewrite plus_INR in hlt. simpl in hlt.
      assert (hcell : below (snd p) (up (fst p))).
      { apply below_trans with (up lo); [exact hu|]. apply below_up. now apply (chain_above d l lo (up lo)). }
      assert (k := Hm _ _ h1 h2 hb hcell). nra. }
  unfold variation. eapply Rle_trans; [apply lsum_abs|]. eapply Rle_trans; [apply lsum_le, Hterm|].
  rewrite lsum_scal. nra.
Qed.

Lemma variation_of_small d N (c : node d -> R) s :
  (forall a, In a (nodes N d) -> Rabs (c a) <= s) -> variation_at_most N c (2 * INR d * s).
Proof.
  intros Hs. replace (2 * INR d * s) with (INR d * (2 * s)) by ring. apply variation_of_pairs. intros u v Hu Hv _ _.
  assert (k1 := Hs u Hu). assert (k2 := Hs v Hv). unfold Rabs in *; repeat destruct Rcase_abs; lra.
Qed.

Lemma variation_of_modulus d N (f : point d -> R) omega : (0 < N)%nat ->
  modulus_at_most f (/ INR N) omega -> variation_at_most N (sampled N f) (INR d * omega).
Proof.
  intros HN H. apply variation_of_pairs. intros u v Hu Hv Huv Hcell. rewrite Rabs_minus_sym.
  apply H; try now apply node_in_cube. apply edge_within; [exact HN|]. left. now apply above_cell.
Qed.

(** Clipping does not increase the variation: keep the pairs that go up, or those that go down. *)
Lemma variation_clip d N (c : node d -> R) V (phi : R -> R) :
  (forall s t, s <= t -> 0 <= phi t - phi s <= t - s) -> variation_at_most N c V -> variation_at_most N (fun a => phi (c a)) V.
Proof.
  intros Hphi H lo l HN Hc. set (rises := fun p : node d * node d => if Rle_dec (c (fst p)) (c (snd p)) then true else false).
  set (falls := fun p : node d * node d => negb (rises p)).
  assert (Hu := H lo (filter rises l) HN (chain_filter d rises l lo (up lo) Hc)).
  assert (Hd := H lo (filter falls l) HN (chain_filter d falls l lo (up lo) Hc)).
  assert (Hle : variation (fun a => phi (c a)) l <= variation c (filter rises l)).
  { clear - Hphi. unfold variation. induction l as [|p l IH]; simpl; [lra|]. unfold rises at 1. destruct (Rle_dec (c (fst p)) (c (snd p))) as [h|h]; simpl.
    - assert (k := Hphi _ _ h). lra.
    - assert (k := Hphi (c (snd p)) (c (fst p)) ltac:(lra)). lra. }
  assert (Hge : variation c (filter falls l) <= variation (fun a => phi (c a)) l).
  { clear - Hphi. unfold variation. induction l as [|p l IH]; simpl; [lra|]. unfold falls at 1, rises. destruct (Rle_dec (c (fst p)) (c (snd p))) as [h|h]; simpl.
    - assert (k := Hphi _ _ h). lra.
    - assert (k := Hphi (c (snd p)) (c (fst p)) ltac:(lra)). lra. }
  unfold Rabs in *. repeat destruct Rcase_abs; lra.
Qed.

Lemma clip_shrinks tau s t : 0 <= tau -> s <= t -> 0 <= (t - soft tau t) - (s - soft tau s) <= t - s.
Proof.
  intros Htau Hst. rewrite !soft_remainder_is_clip by exact Htau. unfold Rmax, Rmin. repeat destruct Rle_dec; lra.
Qed.

(** The oscillation along the edges is at most the variation. *)
Lemma lower_corner N d : (0 < N)%nat -> forall a b : node d, above a b -> below b (everywhere N d) ->
  exists lo, below lo a /\ below b (up lo) /\ below (up lo) (everywhere N d).
Proof.
  intros HN. induction d as [|d IH]; intros a b Hab Hb; [exists tt; simpl; auto|].
  destruct a as [a1 a2], b as [b1 b2]. simpl in *. destruct Hab as [[h1 h2] h3], Hb as [k1 k2].
  destruct (IH a2 b2 h3 k2) as [lo [g1 [g2 g3]]]. exists (Nat.min a1 (N - 1), lo). simpl. repeat split; auto; lia.
Qed.

Lemma above_below d : forall a b : node d, above a b -> below a b.
Proof. induction d as [|d IH]; intros a b H; simpl in *; [exact I|]. destruct H as [[h1 h2] h3]. split; [exact h1 | now apply IH]. Qed.

Theorem oscillation_below_variation d N (e : point d -> R) V :
  (0 < N)%nat -> variation_at_most N (sampled N e) V -> edge_oscillation_at_most N e V.
Proof.
  intros HN H a b Ha Hb Hab.
  assert (Hone : forall u v : node d, In v (nodes N d) -> above u v -> Rabs (sampled N e v - sampled N e u) <= V).
  { intros u v Hv Huv. destruct (lower_corner N d HN u v Huv (proj1 (in_nodes N d v) Hv)) as [lo [h1 [h2 h3]]].
    assert (k := H lo [(u, v)] h3). unfold variation in k. simpl in k. rewrite Rplus_0_r in k. apply k.
    repeat split; auto. now apply above_below. }
  destruct Hab as [Hab|Hab]; [rewrite Rabs_minus_sym|]; now apply Hone.
Qed.

(** ** A fine node is the middle of its halves *)

Lemma window_is_half j a k : (j < 2)%nat -> in_window 2 j a k = if Nat.eqb a ((k + j) / 2) then 1 else 0.
Proof.
  intros Hj. unfold in_window. assert (E := Nat.div_mod (k + j) 2 ltac:(lia)). assert (h := Nat.mod_upper_bound (k + j) 2 ltac:(lia)).
  set (h2 := ((k + j) / 2)%nat) in *. set (m2 := ((k + j) mod 2)%nat) in *.
  destruct (Nat.eqb_spec a h2) as [Ha|Ha]; destruct (Nat.leb_spec (2 * a) (k + j)); destruct (Nat.ltb_spec (k + j) (2 * a + 2)); cbn [andb];
    try reflexivity; exfalso; lia.
Qed.

Lemma sum_picks n m (g : nat -> R) : (m < n)%nat -> sum n (fun i => (if Nat.eqb i m then 1 else 0) * g i) = g m.
Proof.
  induction n as [|n IH]; intros Hm; [lia|]. rewrite sum_S. destruct (Nat.eqb_spec n m) as [->|Hne].
  - rewrite sum_zero; [ring|]. intros i Hi. destruct (Nat.eqb_spec i m); [lia | ring].
  - rewrite IH by lia. ring.
Qed.

Lemma windows_pick N j d : (j < 2)%nat -> forall (b : node d) (c : node d -> R), below (half j b) (everywhere N d) ->
  lsum (nodes N d) (fun a => windows 2 j a b * c a) = c (half j b).
Proof.
  intros Hj. induction d as [|d IH]; intros b c Hb; [simpl; destruct b; ring|].
  cbn [nodes]. rewrite lsum_flat_map. destruct b as [b1 b2]. cbn [half everywhere below fst snd] in Hb. destruct Hb as [Hb1 Hb2].
  change (lsum (seq 0 (S N)) ?g) with (sum (S N) g).
  rewrite (sum_ext _ _ (fun i => (if Nat.eqb i ((b1 + j) / 2) then 1 else 0) * c (i, half j b2))).
  - rewrite (sum_picks (S N) _ (fun i => c (i, half j b2))) by lia. reflexivity.
  - intros i _. rewrite lsum_map. cbn [windows fst snd]. rewrite window_is_half by exact Hj.
    rewrite (lsum_ext _ _ (fun a => (if Nat.eqb i ((b1 + j) / 2) then 1 else 0) * (windows 2 j a b2 * c (i, a)))) by (intros; ring).
    rewrite lsum_scal. f_equal. now apply (IH b2 (fun a => c (i, a))).
Qed.

Lemma half_in_grid N j d : (j < 2)%nat -> forall b : node d, below b (everywhere (2 * N) d) -> below (half j b) (everywhere N d).
Proof.
  intros Hj. induction d as [|d IH]; intros b Hb; [exact I|]. cbn [everywhere below half fst snd] in *. destruct Hb as [h1 h2].
  split; [|now apply IH]. apply Nat.lt_succ_r. apply Nat.div_lt_upper_bound; lia.
Qed.

Theorem fine_node_value N d (c : node d -> R) (b : node d) :
  (0 < N)%nat -> In b (nodes (2 * N) d) -> interpolant N c (position (2 * N) b) = (c (half 0 b) + c (half 1 b)) / 2.
Proof.
  intros HN Hb. apply in_nodes in Hb.
  assert (H : 2 * interpolant N c (position (2 * N) b) = c (half 0 b) + c (half 1 b)); [|lra].
  unfold interpolant. rewrite <- lsum_scal.
  rewrite (lsum_ext _ _ (fun a => windows 2 0 a b * c a + windows 2 1 a b * c a)).
  - rewrite lsum_plus, !windows_pick; auto; try (now apply half_in_grid; [lia|]). 
  - intros a _. assert (k := coarse_hat_at_fine_node 2 N ltac:(lia) HN d b a). rewrite !sum_S in k. unfold sum at 1 in k. simpl lsum in k.
    replace (INR 2) with 2 in k by (simpl; ring).
    replace (2 * (hat (local N (position (2 * N) b) a) * c a)) with (2 * hat (local N (position (2 * N) b) a) * c a) by ring.
    rewrite k. ring.
Qed.

(** Interpolation halves the variation. *)
Theorem variation_halves d N (c : node d -> R) V : (0 < N)%nat ->
  variation_at_most N c V -> variation_at_most (2 * N) (fun b => interpolant N c (position (2 * N) b)) (V / 2).
Proof.
  intros HN H. apply variation_ext with (fun b => (c (half 0 b) + c (half 1 b)) / 2).
  { intros b Hb. symmetry. now apply fine_node_value. }
  intros lo l Hgrid Hc.
  set (l' := map (halves 0) l ++ map (halves 1) l).
  assert (Hc' : chain (half 0 lo) l' (up (half 0 lo))).
  { apply chain_app with (half 1 lo).
    - rewrite <- half_up_0. now apply chain_half.
    - rewrite <- half_up_1. now apply chain_half. }
  assert (Hgrid' : below (up (half 0 lo)) (everywhere N d)).
  { rewrite <- half_up_1. apply half_in_grid; [lia | exact Hgrid]. }
  assert (k := H _ l' Hgrid' Hc'). unfold variation in *. unfold l' in k. rewrite lsum_app, !lsum_map in k.
  rewrite (lsum_ext _ _ (fun p => / 2 * (c (snd (halves 0 p)) - c (fst (halves 0 p))) + / 2 * (c (snd (halves 1 p)) - c (fst (halves 1 p))))).
  - rewrite lsum_plus, !lsum_scal, <- Rmult_plus_distr_l, Rabs_mult, (Rabs_pos_eq (/ 2)) by lra. lra.
  - intros p _. unfold halves. simpl. field.
Qed.

(** ** The schedule *)

(** a_(k+1) <= a_k / 2 + b_k and b_k -> 0 give a_k -> 0. *)
Definition vanishes (b : nat -> R) : Prop := forall eta, 0 < eta -> exists K, forall k, (K <= k)%nat -> b k <= eta.

Lemma vanishes_plus a b : vanishes a -> vanishes b -> vanishes (fun k => a k + b k).
Proof.
  intros Ha Hb eta Heta. destruct (Ha (eta / 2)) as [K H]; [lra|]. destruct (Hb (eta / 2)) as [K' H']; [lra|].
  exists (Nat.max K K'). intros k Hk. assert (h := H k ltac:(lia)). assert (h' := H' k ltac:(lia)). lra.
Qed.

Lemma vanishes_scal t a : 0 <= t -> vanishes a -> vanishes (fun k => t * a k).
Proof.
  intros Ht Ha eta Heta. destruct (Ha (eta / (t + 1))) as [K H]; [apply Rdiv_lt_0_compat; lra|]. exists K. intros k Hk.
  assert (h := H k Hk). assert (E : (t + 1) * (eta / (t + 1)) = eta) by (field; lra).
  assert (0 < eta / (t + 1)) by (apply Rdiv_lt_0_compat; lra). nra.
Qed.

Lemma halving_vanishes (a b : nat -> R) : (forall k, a (S k) <= a k / 2 + b k) -> vanishes b -> vanishes a.
Proof.
  intros Hstep Hb eta Heta. destruct (Hb (eta / 4)) as [K HK]; [lra|].
  set (A := Rmax (a K) 0).
  assert (Hgeo : forall m, a (K + m)%nat <= A / 2 ^ m + eta / 2).
  { induction m as [|m IH].
    - rewrite Nat.add_0_r. simpl. assert (h := Rmax_l (a K) 0). fold A in h. lra.
    - rewrite Nat.add_succ_r. assert (h := Hstep (K + m)%nat). assert (h' := HK (K + m)%nat ltac:(lia)).
      replace (A / 2 ^ S m) with (A / 2 ^ m / 2) by (simpl; field; apply pow_nonzero; lra). lra. }
  assert (HA : 0 <= A) by apply Rmax_r.
  assert (Hm : exists m, A / 2 ^ m <= eta / 2).
  { destruct (small_inverse (eta / (2 * (A + 1)))) as [n Hn]; [apply Rdiv_lt_0_compat; lra|]. exists (S n).
    assert (hp : INR (S n) <= 2 ^ S n).
    { replace 2 with (INR 2) by (simpl; ring). rewrite <- pow_INR. apply le_INR, Nat.lt_le_incl, below_power_of_two. }
    assert (h0 : 0 < INR (S n)) by (apply lt_0_INR; lia).
    assert (hi : / 2 ^ S n <= eta / (2 * (A + 1))) by (eapply Rle_trans; [apply Rinv_le_contravar; [exact h0 | exact hp] | exact Hn]).
    unfold Rdiv. apply Rle_trans with (A * (eta / (2 * (A + 1)))); [now apply Rmult_le_compat_l|].
    assert (E : (A + 1) * (eta / (2 * (A + 1))) = eta * / 2) by (field; lra).
    assert (0 < eta / (2 * (A + 1))) by (apply Rdiv_lt_0_compat; lra). nra. }
  destruct Hm as [m Hm]. exists (K + m)%nat. intros k Hk. replace k with (K + (m + (k - K - m)))%nat by lia.
  eapply Rle_trans; [apply Hgeo|].
  assert (A / 2 ^ (m + (k - K - m)) <= A / 2 ^ m); [|lra].
  unfold Rdiv. apply Rmult_le_compat_l; [exact HA|]. apply Rinv_le_contravar; [apply pow_lt; lra|]. apply Rle_pow; [lra | lia].
Qed.

Section Doubling.
Context {d : nat}.
Variable f : point d -> R.
Variable value : nat -> node d -> R.
Definition doubling (k : nat) : nat := (2 ^ (k + 1))%nat.
Notation e := (residual f doubling value).
Variables eps delta r s : nat -> R.
Hypothesis f_continuous : continuous_on_cube f.
Hypothesis eps_bounds : forall k, interpolation_error_at_most (doubling k) f (eps k).
Hypothesis delta_bounds : forall k, edge_oscillation_at_most (doubling k) (e k) (delta k).
Hypothesis delta_tight : forall k D, edge_oscillation_at_most (doubling k) (e k) D -> delta k <= D + s k.
Hypothesis values_soft : forall k, soft_values_at (doubling k) (eps k + delta k) (e k) (value k).
Hypothesis values_near : forall k a, In a (nodes (doubling k) d) -> Rabs (soft (eps k + delta k) (sampled (doubling k) (e k) a) - value k a) <= r k.
Hypothesis eps_vanishes : vanishes eps.
Hypothesis r_vanishes : vanishes r.
Hypothesis s_vanishes : vanishes s.

Lemma doubling_positive k : (0 < doubling k)%nat.
Proof. apply power_of_two_positive. Qed.

Lemma doubling_step k : doubling (S k) = (2 * doubling k)%nat.
Proof. unfold doubling. replace (S k + 1)%nat with (S (k + 1)) by lia. reflexivity. Qed.

Lemma doubling_divides j k : (j <= k)%nat -> exists m, (0 < m)%nat /\ (0 < doubling j)%nat /\ doubling k = (m * doubling j)%nat.
Proof.
  intros H. exists (2 ^ (k - j))%nat. split; [apply power_of_two_positive|]. split; [apply doubling_positive|].
  unfold doubling. rewrite <- Nat.pow_add_r. f_equal. lia.
Qed.

Lemma residual_error k j : (k <= S j)%nat -> interpolation_error_at_most (doubling j) (e k) (eps j).
Proof.
  intros Hk x Hx. rewrite (nested_interpolation_error f doubling value (doubling j) k x); auto using doubling_positive.
  - now apply eps_bounds.
  - intros i Hi. apply doubling_divides. lia.
Qed.

Lemma origin_in_cube n : exists x : point n, cube x.
Proof. exists (corner n 0). induction n as [|n IH]; simpl; auto. split; [lra | exact IH]. Qed.

Lemma eps_nonneg k : 0 <= eps k.
Proof. destruct (origin_in_cube d) as [x Hx]. eapply Rle_trans; [apply Rabs_pos | exact (eps_bounds k x Hx)]. Qed.

Lemma delta_nonneg k : 0 <= delta k.
Proof.
  exact (Rle_trans _ _ _ (Rabs_pos _)
    (delta_bounds k (everywhere 0 d) (everywhere 0 d) (origin_in_grid _ d) (origin_in_grid _ d) (or_introl (above_refl d _)))).
Qed.

Lemma r_nonneg k : 0 <= r k.
Proof. exact (Rle_trans _ _ _ (Rabs_pos _) (values_near k _ (origin_in_grid _ d))). Qed.

(** V_(k+1) <= V_k / 2 + 2 d eps_k + d r_k. *)
Theorem variation_contracts k V :
  variation_at_most (doubling k) (sampled (doubling k) (e k)) V ->
  variation_at_most (doubling (S k)) (sampled (doubling (S k)) (e (S k))) (V / 2 + (2 * INR d * eps k + INR d * r k)).
Proof.
  intros HV. set (N := doubling k) in *. assert (HN : (0 < N)%nat) by apply doubling_positive. rewrite doubling_step. fold N.
  set (w := sampled N (e (S k))).
  assert (Hw : forall a, In a (nodes N d) -> w a = (sampled N (e k) a - soft (eps k + delta k) (sampled N (e k) a))
    + (soft (eps k + delta k) (sampled N (e k) a) - value k a)).
  { intros a Ha. unfold w, sampled. cbn [residual]. unfold step. fold N. rewrite interpolant_at_node by assumption. ring. }
  assert (HVw : variation_at_most N w (V + 2 * INR d * r k)).
  { apply variation_ext with (fun a => (sampled N (e k) a - soft (eps k + delta k) (sampled N (e k) a))
      + (soft (eps k + delta k) (sampled N (e k) a) - value k a)); [intros a Ha; symmetry; now apply Hw|].
    apply variation_plus.
    - apply (variation_clip d N (sampled N (e k)) V (fun t => t - soft (eps k + delta k) t)); [|exact HV].
      intros t u Htu. apply clip_shrinks; [|exact Htu]. assert (h := eps_nonneg k). assert (h' := delta_nonneg k). lra.
    - apply variation_of_small. intros a Ha. now apply values_near. }
  apply variation_ext with (fun b => interpolant N w (position (2 * N) b) + (e (S k) (position (2 * N) b) - interpolant N w (position (2 * N) b))).
  { intros b _. unfold sampled. ring. }
  apply variation_le with ((V + 2 * INR d * r k) / 2 + 2 * INR d * eps k); [right; field|].
  apply variation_plus; [now apply variation_halves|]. apply variation_of_small. intros b Hb.
  apply (residual_error (S k) k); [lia|]. apply node_in_cube; [lia | exact Hb].
Qed.

Fixpoint chain_variation (k : nat) : R :=
  match k with
  | O => 2 * INR d * (lsum (nodes (doubling 0) d) (fun a => Rabs (f (position (doubling 0) a))))
  | S k' => chain_variation k' / 2 + (2 * INR d * eps k' + INR d * r k')
  end.

Lemma chain_variation_bounds k : variation_at_most (doubling k) (sampled (doubling k) (e k)) (chain_variation k).
Proof.
  induction k as [|k IH]; cbn [chain_variation]; [|now apply variation_contracts].
  apply variation_of_small. intros a Ha.
  apply (lsum_term_le (nodes (doubling 0) d) (fun a => Rabs (f (position (doubling 0) a))) a); [intros; apply Rabs_pos | exact Ha].
Qed.

Lemma chain_variation_vanishes : vanishes chain_variation.
Proof.
  apply halving_vanishes with (fun k => 2 * INR d * eps k + INR d * r k); [intros k; cbn [chain_variation]; lra|].
  assert (h := pos_INR d). apply vanishes_plus; apply vanishes_scal; auto; lra.
Qed.

Lemma doubling_remainder k : remainder_at_most (doubling k) (e k) (value k) (eps k + delta k + r k).
Proof.
  intros a Ha. assert (h := values_near k a Ha). assert (He := eps_nonneg k). assert (Hd := delta_nonneg k).
  assert (h' := soft_moves_at_most (eps k + delta k) (sampled (doubling k) (e k) a) ltac:(lra)).
  replace (sampled (doubling k) (e k) a - value k a) with ((sampled (doubling k) (e k) a - soft (eps k + delta k) (sampled (doubling k) (e k) a))
    + (soft (eps k + delta k) (sampled (doubling k) (e k) a) - value k a)) by ring.
  eapply Rle_trans; [apply Rabs_triang|]. lra.
Qed.

(** The sup after grade k, by numbers that are known before it runs. *)
Theorem doubling_sup k x : cube x -> Rabs (e (S k) x) <= 2 * eps k + (chain_variation k + s k) + r k.
Proof.
  intros Hx.
  assert (H := residual_sup_bound f doubling value eps delta (fun k => eps k + delta k + r k)
    (fun j => residual_error j j ltac:(lia)) delta_bounds values_soft doubling_remainder k x Hx).
  assert (h := delta_tight k _ (oscillation_below_variation d (doubling k) (e k) _ (doubling_positive k) (chain_variation_bounds k))). lra.
Qed.

Theorem doubling_converges : forall eta, 0 < eta -> exists K, forall k x, (K <= k)%nat -> cube x -> Rabs (e k x) <= eta.
Proof.
  intros eta Heta.
  assert (Hv : vanishes (fun k => 2 * eps k + (chain_variation k + s k) + r k)).
  { repeat apply vanishes_plus; auto using chain_variation_vanishes. apply vanishes_scal; [lra | exact eps_vanishes]. }
  destruct (Hv eta Heta) as [K HK]. exists (S K). intros k x Hk Hx. destruct k as [|k]; [lia|].
  eapply Rle_trans; [now apply doubling_sup|]. apply HK. lia.
Qed.

(** The rate: with omega_j = eps_j the modulus of continuity of f at 1 / N_j,
    |e_(k+1)| <= 2 omega_k + d omega_0 / 2^k + sum_(j<k) 2^(j+1-k) (2 d omega_j + d r_j) + s_k + r_k. *)
Theorem doubling_rate k x : (forall j, modulus_at_most f (/ INR (doubling j)) (eps j)) -> cube x ->
  Rabs (e (S k) x) <= 2 * eps k + (INR d * eps 0%nat / 2 ^ k + sum k (fun j => 2 * 2 ^ j / 2 ^ k * (2 * INR d * eps j + INR d * r j))) + s k + r k.
Proof.
  intros Hmod Hx. set (V := fun k => INR d * eps 0%nat / 2 ^ k + sum k (fun j => 2 * 2 ^ j / 2 ^ k * (2 * INR d * eps j + INR d * r j))).
  assert (HV : forall k, variation_at_most (doubling k) (sampled (doubling k) (e k)) (V k)).
  { induction k0 as [|m IH].
    - apply variation_le with (INR d * eps 0%nat); [unfold V, sum; simpl; lra|].
      apply variation_of_modulus; [apply doubling_positive | apply Hmod].
    - apply variation_le with (V m / 2 + (2 * INR d * eps m + INR d * r m)); [|now apply variation_contracts].
      right. unfold V. rewrite sum_S. assert (hp : 2 ^ m <> 0) by (apply pow_nonzero; lra).
      rewrite (sum_ext m (fun j => 2 * 2 ^ j / 2 ^ S m * (2 * INR d * eps j + INR d * r j))
        (fun j => / 2 * (2 * 2 ^ j / 2 ^ m * (2 * INR d * eps j + INR d * r j)))) by (intros; simpl; field; exact hp).
      unfold sum at 2. rewrite lsum_scal. fold (sum m (fun j => 2 * 2 ^ j / 2 ^ m * (2 * INR d * eps j + INR d * r j))). simpl. field. exact hp. }
  assert (H := residual_sup_bound f doubling value eps delta (fun k => eps k + delta k + r k)
    (fun j => residual_error j j ltac:(lia)) delta_bounds values_soft doubling_remainder k x Hx).
  assert (h := delta_tight k _ (oscillation_below_variation d (doubling k) (e k) _ (doubling_positive k) (HV k))). unfold V in h. lra.
Qed.
End Doubling.

(** For a continuous f such eps_k exist: its modulus of continuity at 1 / N_k. *)
Theorem doubling_errors_vanish d (f : point d -> R) : continuous_on_cube f ->
  forall eta, 0 < eta -> exists K, forall k, (K <= k)%nat -> interpolation_error_at_most (doubling k) f eta.
Proof.
  intros Hf eta Heta. destruct (heine d f Hf eta Heta) as [h [Hh H]]. destruct (small_inverse h Hh) as [n Hn]. exists n. intros k Hk.
  apply modulus_bounds_interpolation; [apply power_of_two_positive|]. intros x y Hx Hy Hxy. apply H; auto.
  apply within_le with (/ INR (doubling k)); [|exact Hxy]. eapply Rle_trans; [|exact Hn].
  apply Rinv_le_contravar; [apply lt_0_INR; lia|]. apply le_INR. assert (b := below_power_of_two (k + 1)). unfold doubling. lia.
Qed.

(** Its size, in width d + 6: at most (d + 1) (N_k + 1)^d + 1 layers in grade k. *)
Lemma nodes_count N d : length (nodes N d) = (S N ^ d)%nat.
Proof.
  induction d as [|d IH]; [reflexivity|]. cbn [nodes Nat.pow]. rewrite <- IH.
  assert (H : forall l : list nat, length (flat_map (fun i => map (pair i) (nodes N d)) l) = (length l * length (nodes N d))%nat).
  { induction l as [|i l IHl]; cbn [flat_map length]; [reflexivity|]. rewrite app_length, map_length, IHl. lia. }
  rewrite H, seq_length. reflexivity.
Qed.

Lemma hats_count N d (c : node d -> R) : (length (hats_of N c) <= length (nodes N d))%nat.
Proof.
  unfold hats_of. rewrite map_length. induction (nodes N d) as [|a l IH]; simpl; [lia|].
  destruct (Req_EM_T (c a) 0); simpl; lia.
Qed.

Theorem doubling_depth d (value : nat -> node (S d) -> R) k :
  (length (scheme_grade d doubling value k) <= (S d + 1) * (doubling k + 1) ^ S d + 1)%nat.
Proof.
  unfold scheme_grade. rewrite grade_depth. assert (H := hats_count (doubling k) (S d) (value k)). rewrite nodes_count in H.
  replace (doubling k + 1)%nat with (S (doubling k)) by lia. nia.
Qed.
