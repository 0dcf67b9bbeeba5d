using System;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Client.Tests;

/// <summary>Skipped by name where this user may not mount.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NamespaceFactAttribute : FactAttribute
{
    public NamespaceFactAttribute() =>
        Skip = MountNamespace.IsAllowed ? null : "mounting is not permitted to this user";
}
