using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>Where the contracts are: what <c>deploy</c> writes and everything else reads.</summary>
internal sealed record DeploymentFile(
    ulong ChainId, Address Vouchers, Address Providers, ulong Block, Address? DevToken)
{
    public VoucherDomain Domain => new(ChainId, Vouchers, Providers);

    public static DeploymentFile Load(string path)
    {
        JsonFile file = JsonFile.Load(path, "computevoucher deploy --out FILE",
            "chainId", "vouchers", "providers", "block", "devToken");
        return new DeploymentFile(
            (ulong)file.Number("chainId", ulong.MaxValue),
            file.Address("vouchers"),
            file.Address("providers"),
            file.Has("block") ? (ulong)file.Number("block", ulong.MaxValue) : 0,
            file.Has("devToken") ? file.Address("devToken") : null);
    }

    public Report Report()
    {
        Report report = new Report()
            .Add("chainId", ChainId)
            .Add("vouchers", Vouchers.ToString())
            .Add("providers", Providers.ToString())
            .Add("block", Block);
        return DevToken is { } token ? report.Add("devToken", token.ToString()) : report;
    }
}
