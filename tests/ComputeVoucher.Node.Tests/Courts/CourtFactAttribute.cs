using System.IO;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Node.Tests.Courts;

/// <summary>Needs anvil, the compiled court, and the shipped classifier.</summary>
public sealed class CourtFactAttribute : FactAttribute
{
    public CourtFactAttribute() =>
        Skip = AnvilProcess.Binary is null ? "anvil is absent: npm ci in src/contracts"
            : File.Exists(Path.Combine(CompiledContract.OutFolder, "Court.json")) ? null
            : "src/contracts/out is absent: node src/contracts/build.mjs";
}
