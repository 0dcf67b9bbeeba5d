namespace ComputeVoucher.Vouchers;

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
