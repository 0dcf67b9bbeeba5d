using System;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// The rules of an order, cheapest first, the signature last. (Length, flags and extension are
/// refused before this, by <c>Order.Decode</c>.)
/// </summary>
public static class OrderRules
{
    private static readonly IOrderRule[] s_all =
    [
        new SizeRule(),
        new FlagsRule(),
        new ChannelRule(),
        new ClassRule(),
        new ModelRule(),
        new DeadlineRule(),
        new ThawRule(),
        new ExpiryRule(),
        new SequenceRule(),
        new BalanceRule(),
        new BudgetRule(),
        new NodeBudgetRule(),
        new InputBudgetRule(),
        new DisputeBudgetRule(),
        new SignatureRule(),
    ];

    private static readonly IOrderRule[] s_live =
    [
        new ChannelRule(),
        new SequenceRule(),
        new BalanceRule(),
        new BudgetRule(),
        new NodeBudgetRule(),
        new InputBudgetRule(),
        new DisputeBudgetRule(),
    ];

    /// <summary>Every rule, in the order in which it is asked.</summary>
    public static ReadOnlySpan<IOrderRule> All => s_all;

    /// <summary>The first refusal, or <see cref="RefusalReason.None"/>.</summary>
    public static RefusalReason Check(in OrderContext context) => FirstRefusal(All, context);

    /// <summary>
    /// The rules whose answer another order may have changed meanwhile. The ledger asks them again
    /// inside its reserve step, under its lock, with a view that nobody else can change.
    /// </summary>
    public static RefusalReason CheckLive(in OrderContext context) => FirstRefusal(s_live, context);

    private static RefusalReason FirstRefusal(
        ReadOnlySpan<IOrderRule> rules, in OrderContext context)
    {
        bool replay = context.IsReplay;
        foreach (IOrderRule rule in rules)
        {
            if (replay && !rule.AppliesToReplay)
            {
                continue;
            }

            RefusalReason reason = rule.Check(context);
            if (reason != RefusalReason.None)
            {
                return reason;
            }
        }

        return RefusalReason.None;
    }
}

/// <summary>
/// One rule an order must pass. Stateless; one class, one file, one test class each.
/// </summary>
public interface IOrderRule
{
    string Name { get; }

    /// <summary>A replay of a stored order must pass this rule too.</summary>
    bool AppliesToReplay { get; }

    /// <summary><see cref="RefusalReason.None"/>, or why not.</summary>
    RefusalReason Check(in OrderContext context);
}
