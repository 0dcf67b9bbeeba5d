using System.Globalization;
using System.IO;
using System.Net;
using System.Text.Json;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Bench;

/// <summary>What an honest client has to know of a rig, whichever process it lives in.</summary>
/// <param name="Folder">With the deployment, the channel and the spend key.</param>
/// <param name="Node">Where it listens.</param>
/// <param name="Model">File that is served.</param>
/// <param name="Input">File of inputs; the first is sent.</param>
internal sealed record HonestPlan(string Folder, IPEndPoint Node, string Model, string Input)
{
    /// <summary>The first input, what it costs, and the model's root.</summary>
    public (byte[] Input, InputInfo Cost, Bytes32 Model) Work()
    {
        using IModel model = ModelFile.Open(Model);
        byte[] input = File.ReadAllBytes(Input)[..model.InputBytesMax];
        return (input, model.CheckInput(input), model.ModelRoot);
    }

    public PrivateKey SpendKey() => PrivateKey.Parse(
        File.ReadAllText(Path.Combine(Folder, "spend.key")).Trim());

    /// <summary>The domain that everything is signed in.</summary>
    public Bytes32 Separator() => new VoucherDomain(
        ulong.Parse(Field("deployment.json", "chainId"), CultureInfo.InvariantCulture),
        Address.Parse(Field("deployment.json", "vouchers")),
        Address.Parse(Field("deployment.json", "providers"))).VouchersSeparator;

    /// <summary>Of a file of the folder.</summary>
    public string Field(string file, string name)
    {
        using JsonDocument document = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(Folder, file)));
        return document.RootElement.GetProperty(name).ToString();
    }
}
