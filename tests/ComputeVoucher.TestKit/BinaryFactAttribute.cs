using Xunit;

namespace ComputeVoucher.TestKit;

/// <summary>A fact about the published binary; skipped by name before ./run.sh build.</summary>
public sealed class BinaryFactAttribute : FactAttribute
{
    public BinaryFactAttribute() =>
        Skip = NodeRig.Binary is null ? "artifacts/computevoucher is absent: ./run.sh build" : null;
}
