using Xunit;

namespace ComputeVoucher.TestKit;

/// <summary>A <see cref="MarketFactAttribute"/> that also needs to mount; skipped by name where
/// this user may not.</summary>
public sealed class MountFactAttribute : FactAttribute
{
    public MountFactAttribute() => Skip = new MarketFactAttribute().Skip
        ?? (MountNamespace.IsAllowed ? null : "mounting is not permitted to this user");
}
