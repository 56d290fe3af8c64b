(** * The hats are the barycentric coordinates of the Kuhn triangulation

    A simplex of the triangulation is a set of nodes that are pairwise joined by edges.  If x is a convex combination of such nodes,
    its coefficients are the values of their hats at x, in every dimension: the interpolant is affine on every simplex. *)

From Coq Require Import Reals List Lra Lia Arith Permutation.
From Coquelicot Require Import Compactness.
From Multigrade Require Import FiniteSum TrainingBound KuhnHat.
Import ListNotations.
Open Scope R_scope.

(** ** Nodes are listed once *)

Lemma NoDup_append {A} (l l' : list A) :
  NoDup l -> NoDup l' -> (forall a, In a l -> ~ In a l') -> NoDup (l ++ l').
Proof.
  intros Hl Hl' H. induction Hl as [|a l Ha Hl IH]; [exact Hl'|]. simpl. constructor.
  - intros Hin. apply in_app_or in Hin. destruct Hin as [Hin|Hin]; [contradiction|].
    exact (H a (in_eq a l) Hin).
  - apply IH. intros b Hb. apply H. now right.
Qed.

Lemma NoDup_pairs {A B} (i : A) (l : list B) : NoDup l -> NoDup (map (pair i) l).
Proof.
  induction 1 as [|b l Hb Hl IH]; simpl; constructor; [|exact IH].
  intros H. apply in_map_iff in H. destruct H as [c [Hc Hin]]. inversion Hc. subst. contradiction.
Qed.

Lemma nodes_distinct N d : NoDup (nodes N d).
Proof.
  induction d as [|d IH]; [repeat constructor; auto|].
  change (nodes N (S d)) with (flat_map (fun i => map (pair i) (nodes N d)) (seq 0 (S N))).
  assert (H : NoDup (seq 0 (S N))) by apply seq_NoDup.
  induction H as [|i l Hi Hl IHl]; cbn [flat_map]; [constructor|].
  apply NoDup_append; [now apply NoDup_pairs | exact IHl|].
  intros a Ha Hin. apply in_map_iff in Ha. destruct Ha as [b [<- _]].
  apply in_flat_map in Hin. destruct Hin as [j [Hj Hin]].
  apply in_map_iff in Hin. destruct Hin as [c [Hc _]]. inversion Hc. subst. contradiction.
Qed.

Lemma lsum_permutation {A} (l l' : list A) f : Permutation l l' -> lsum l f = lsum l' f.
Proof. induction 1; simpl; lra. Qed.

(** A sublist without repetition can be brought to the front. *)
Lemma sublist_first {A} (l : list A) : forall l', NoDup l -> incl l l' -> exists r, Permutation l' (l ++ r).
Proof.
  induction l as [|a l IH]; intros l' Hl Hin; [now exists l'|].
  inversion Hl as [|a' l0 Ha Hl0]; subst.
  destruct (in_split a l' (Hin a (in_eq a l))) as [l1 [l2 ->]].
  destruct (IH (l1 ++ l2) Hl0) as [r Hr].
  - intros b Hb. assert (h := Hin b (in_cons a b l Hb)). apply in_app_or in h. apply in_or_app.
    destruct h as [h|[->|h]]; auto. contradiction.
  - exists r. simpl. rewrite <- Hr. symmetry. apply Permutation_middle.
Qed.

(** ** Convex combinations of the nodes of a simplex *)

Section Simplex.
Variables N d : nat.
Hypothesis N_positive : (0 < N)%nat.
Variable simplex : list (node d).
Variable lambda : node d -> R.
Hypothesis simplex_nodes : incl simplex (nodes N d).
Hypothesis simplex_distinct : NoDup simplex.
Hypothesis simplex_edges : forall a b, In a simplex -> In b simplex -> edge a b.
Hypothesis lambda_nonneg : forall a, In a simplex -> 0 <= lambda a.
Hypothesis lambda_total : lsum simplex lambda = 1.
Variable x : point d.
Hypothesis x_in_cube : cube x.
Hypothesis x_combination : forall i, (i < d)%nat ->
  coordinates x i = lsum simplex (fun a => lambda a * coordinates (position N a) i).

Lemma position_coordinates n : forall (a : node n) i, (i < n)%nat ->
  coordinates (position N a) i = INR (node_coordinates a i) / INR N.
Proof.
  induction n as [|n IH]; intros a i Hi; [lia|]. destruct i as [|i]; [reflexivity|]. simpl. apply IH. lia.
Qed.

Lemma above_coordinates n : forall (a b : node n) i, above a b ->
  0 <= INR (node_coordinates b i) - INR (node_coordinates a i) <= 1.
Proof.
  induction n as [|n IH]; intros a b i H; simpl in *; [lra|]. destruct H as [[H1 H2] H3].
  destruct i as [|i]; [|now apply IH]. apply le_INR in H1. apply le_INR in H2. rewrite S_INR in H2. lra.
Qed.

(** t_i = sum of lambda_b (b_i - a_i). *)
Lemma local_combination a i : (i < d)%nat ->
  coordinates (local N x a) i
  = lsum simplex (fun b => lambda b * (INR (node_coordinates b i) - INR (node_coordinates a i))).
Proof.
  intros Hi. assert (Hp : 0 < INR N) by now apply lt_0_INR.
  rewrite local_coordinates, x_combination by exact Hi.
  rewrite (lsum_ext _ (fun b => lambda b * (INR (node_coordinates b i) - INR (node_coordinates a i)))
    (fun b => INR N * (lambda b * coordinates (position N b) i) - lambda b * INR (node_coordinates a i))).
  - rewrite lsum_minus, lsum_scal, lsum_scal_r, lambda_total. ring.
  - intros b _. rewrite position_coordinates by exact Hi. field. lra.
Qed.

Lemma above_dec n : forall a b : node n, {above a b} + {~ above a b}.
Proof.
  induction n as [|n IH]; intros a b; simpl; [now left|].
  destruct (IH (snd a) (snd b)) as [h|h]; [|right; tauto].
  destruct (le_dec (fst a) (fst b)); [|right; tauto].
  destruct (le_dec (fst b) (S (fst a))); [left; tauto | right; tauto].
Defined.

(** The weight of a node is at most its hat: the others pull the coordinates of t up or down, not both. *)
Lemma weight_at_most_hat a : In a simplex -> lambda a <= hat (local N x a).
Proof.
  intros Ha. destruct (in_split a simplex Ha) as [l1 [l2 Hsplit]].
  set (others := l1 ++ l2).
  assert (Hsum : forall g, lsum simplex g = g a + lsum others g).
  { intros g. rewrite Hsplit. unfold others. rewrite !lsum_app. simpl. ring. }
  assert (Hothers : forall b, In b others -> In b simplex).
  { intros b Hb. rewrite Hsplit. unfold others in Hb. apply in_app_or in Hb. apply in_or_app. simpl. tauto. }
  set (up := lsum others (fun b => if above_dec d a b then lambda b else 0)).
  set (down := lsum others (fun b => if above_dec d a b then 0 else lambda b)).
  assert (Hupdown : lambda a + up + down = 1).
  { rewrite <- lambda_total, Hsum. unfold up, down. rewrite Rplus_assoc, <- lsum_plus. f_equal.
    apply lsum_ext. intros b _. destruct (above_dec d a b); ring. }
  assert (Hup : 0 <= up).
  { apply lsum_nonneg. intros b Hb. destruct (above_dec d a b); [now apply lambda_nonneg, Hothers | lra]. }
  assert (Hdown : 0 <= down).
  { apply lsum_nonneg. intros b Hb. destruct (above_dec d a b); [lra | now apply lambda_nonneg, Hothers]. }
  assert (Hrange : forall i, (i < d)%nat -> - down <= coordinates (local N x a) i <= up).
  { intros i Hi. rewrite local_combination, Hsum by exact Hi. rewrite Rminus_eq_0, Rmult_0_r, Rplus_0_l. split.
    - apply Ropp_le_cancel. rewrite Ropp_involutive. unfold down.
      replace (- lsum others (fun b => lambda b * (INR (node_coordinates b i) - INR (node_coordinates a i))))
        with (-1 * lsum others (fun b => lambda b * (INR (node_coordinates b i) - INR (node_coordinates a i)))) by ring.
      rewrite <- lsum_scal. apply lsum_le. intros b Hb. assert (hl := lambda_nonneg b (Hothers b Hb)).
      destruct (above_dec d a b) as [h|h].
      + assert (h' := above_coordinates d a b i h). nra.
      + destruct (simplex_edges a b Ha (Hothers b Hb)) as [h'|h']; [contradiction|].
        assert (h'' := above_coordinates d b a i h'). nra.
    - unfold up. apply lsum_le. intros b Hb. assert (hl := lambda_nonneg b (Hothers b Hb)).
      destruct (above_dec d a b) as [h|h].
      + assert (h' := above_coordinates d a b i h). nra.
      + destruct (simplex_edges a b Ha (Hothers b Hb)) as [h'|h']; [contradiction|].
        assert (h'' := above_coordinates d b a i h'). nra. }
  assert (Hmax : running_max 0 (local N x a) <= up).
  { destruct (running_max_attained d (local N x a) 0) as [-> | [i [Hi ->]]]; [exact Hup | now apply Hrange]. }
  assert (Hmin : - down <= running_min 0 (local N x a)).
  { destruct (running_min_attained d (local N x a) 0) as [-> | [i [Hi ->]]]; [lra | now apply Hrange]. }
  eapply Rle_trans; [|apply Rmax_l]. lra.
Qed.

(** Both sum to one: they are equal, and all other hats vanish. *)
Theorem hats_are_barycentric a : In a (nodes N d) ->
  (In a simplex -> hat (local N x a) = lambda a) /\ (~ In a simplex -> hat (local N x a) = 0).
Proof.
  intros Ha. destruct (sublist_first simplex (nodes N d) simplex_distinct simplex_nodes) as [r Hr].
  set (h := fun b => hat (local N x b)).
  assert (Htotal : lsum simplex h + lsum r h = 1).
  { rewrite <- lsum_app, <- (lsum_permutation _ _ h Hr). now apply hats_sum_to_one. }
  assert (Hr0 : 0 <= lsum r h) by (apply lsum_nonneg; intros; apply hat_nonneg).
  assert (Hdiff : forall b, In b simplex -> 0 <= h b - lambda b).
  { intros b Hb. assert (hb := weight_at_most_hat b Hb). unfold h. lra. }
  assert (Hge : 0 <= lsum simplex (fun b => h b - lambda b)) by now apply lsum_nonneg.
  assert (Hsub := lsum_minus simplex h lambda). rewrite lambda_total in Hsub.
  split; intros Hin.
  - assert (Hzero := lsum_zero_terms simplex (fun b => h b - lambda b) Hdiff ltac:(lra) a Hin).
    cbv beta in Hzero. unfold h in Hzero. lra.
  - assert (Hin' : In a r).
    { assert (h0 := Permutation_in a Hr Ha). apply in_app_or in h0. tauto. }
    exact (lsum_zero_terms r h (fun b _ => hat_nonneg d _) ltac:(lra) a Hin').
Qed.

Theorem interpolant_on_simplex (c : node d -> R) :
  interpolant N c x = lsum simplex (fun a => lambda a * c a).
Proof.
  unfold interpolant. destruct (sublist_first simplex (nodes N d) simplex_distinct simplex_nodes) as [r Hr].
  rewrite (lsum_permutation _ _ _ Hr), lsum_app.
  assert (Hnodup := Permutation_NoDup Hr (nodes_distinct N d)).
  rewrite (lsum_zero r).
  - rewrite Rplus_0_r. apply lsum_ext. intros a Ha.
    now rewrite (proj1 (hats_are_barycentric a (simplex_nodes a Ha)) Ha).
  - intros a Ha.
    assert (Hnode : In a (nodes N d)) by (apply (Permutation_in a (Permutation_sym Hr)), in_or_app; now right).
    rewrite (proj2 (hats_are_barycentric a Hnode)); [ring|].
    intros Hin. destruct (in_split a simplex Hin) as [l1 [l2 Hl]]. rewrite Hl, <- app_assoc in Hnodup.
    simpl in Hnodup. apply NoDup_remove_2 in Hnodup. apply Hnodup.
    apply in_or_app. right. apply in_or_app. now right.
Qed.
End Simplex.
