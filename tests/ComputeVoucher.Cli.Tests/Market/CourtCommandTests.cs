using System;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli.Tests;

/// <summary>What a court offers a holder, from the command line: watchers, verifiers, contracts
/// that sign, evidence of a committee, the smaller of two receipts.</summary>
[Trait("Category", "slow")]
[Trait("Category", "load")]
public sealed class CourtCommandTests
{
    private const ulong Units = 1_000_000_000_000;

    /// <summary>Says of every signature that it is its own (ERC-1271).</summary>
    private const string SignsAll = "60108060095f395ff3" + "631626ba7e60e01b60005260206000f3";

    [MarketFact]
    public async Task Holder_AppointsTrustsAndRecords_AndNobodyElse()
    {
        await using NodeRig rig = await CourtRig.CreateAsync(Units);
        string stranger = rig.AddressOf("deployer");
        JsonElement named = Court(rig, "holder", "appoint", "--watcher", stranger);
        Assert.True(named.GetProperty("mayAct").GetBoolean());
        Assert.Equal(66, named.GetProperty("transaction").GetString()!.Length);
        Assert.True(await MayActAsync(rig, stranger));
        Assert.False(await MayActAsync(rig, rig.AddressOf("node")));
        Court(rig, "holder", "appoint", "--watcher", stranger, "--revoke");
        Assert.False(await MayActAsync(rig, stranger));
        Court(rig, "holder", "appoint", "--everybody");
        Assert.True(await MayActAsync(rig, stranger));
        Assert.True(Status(rig).GetProperty("openToEverybody").GetBoolean());
        Court(rig, "holder", "appoint", "--everybody", "--revoke");
        Assert.False(Status(rig).GetProperty("openToEverybody").GetBoolean());

        Assert.Contains("is not the channel's holder",
            Refused(rig, 1, "provider", "appoint", "--everybody"), StringComparison.Ordinal);
        Assert.Contains("either --watcher ADDRESS or --everybody",
            Refused(rig, 2, "holder", "appoint"), StringComparison.Ordinal);
        Refused(rig, 2, "holder", "appoint", "--everybody", "--watcher", stranger);
        Assert.Contains("is no contract",
            Refused(rig, 1, "holder", "trust", "--verifier", stranger), StringComparison.Ordinal);

        string contract = (await CreateAsync(rig, Hex.Decode(SignsAll))).ToString();
        Bytes32 hash = Keccak256.Hash("an order"u8);
        Assert.False(await IsRecordedAsync(rig, contract, hash));
        Court(rig, "provider", "record", "--signer", contract, "--hash", hash.ToString());
        Assert.True(await IsRecordedAsync(rig, contract, hash));
        string refused = Refused(
            rig, 1, "provider", "record", "--signer", stranger, "--hash", hash.ToString());
        Assert.Contains($"not signed by {stranger}", refused, StringComparison.Ordinal);
    }

    /// <summary>Two of three members run the order again and say so: the money of the claim is the
    /// provider's at once, and not in five days.</summary>
    [MarketFact]
    public async Task Committee_PaysAClaimEarly()
    {
        await using NodeRig rig = await CourtRig.CreateAsync(Units);
        (string file, long worth) = await ClaimAsync(rig, isCancelled: false);
        Address[] members = new Address[3];
        for (int i = 0; i < members.Length; i++)
        {
            rig.Must("key", "new", rig.PathOf($"member{i}.key"));
            members[i] = Address.Parse(rig.AddressOf($"member{i}"));
        }

        string committee = (await CommitteeAsync(rig, members, 2)).ToString();
        string[] words =
        [
            Vouch(rig, file, committee, 0), Vouch(rig, file, committee, 1),
            Vouch(rig, file, committee, 2),
        ];
        // Nobody trusts it yet, and then one word of the two is missing.
        string[] two = ["--signature", words[2], "--signature", words[0]];
        Assert.Contains("does not trust its verifier",
            Finalise(rig, file, committee, two), StringComparison.Ordinal);
        Court(rig, "holder", "trust", "--verifier", committee);
        Assert.Contains("the evidence does not hold",
            Finalise(rig, file, committee, "--signature", words[2]), StringComparison.Ordinal);
        Assert.Contains("either --proof HEX or --signature HEX",
            Finalise(rig, file, committee), StringComparison.Ordinal);
        Assert.False(Status(rig, 0).GetProperty("finalised").GetBoolean());

        rig.OnChain(Evidence("attest", rig, file, committee, two));
        rig.OnChain(Evidence("finalise", rig, file, committee, two));
        Assert.True(Status(rig, 0).GetProperty("finalised").GetBoolean());
        JsonElement settled = rig.OnChain("provider", "settle", "--key",
            rig.PathOf("provider.key"), "--class", rig.PathOf("class.json"));
        Assert.Equal(worth, NodeRig.Units(settled, "released"));
        Assert.Equal(worth, NodeRig.Units(settled, "settled"));
        Assert.Contains("not at this stage",
            Finalise(rig, file, committee, two), StringComparison.Ordinal);
        (int status, _, string error) = NodeRig.Run(
            "court", "smaller", file, "--rpc", rig.Rpc, "--deployment",
            rig.PathOf("deployment.json"), "--key", rig.PathOf("holder.key"));
        Assert.Equal(1, status);
        Assert.Contains("there is nothing to give back", error, StringComparison.Ordinal);
    }

    /// <summary>A member signs nothing that its own run does not bear out.</summary>
    [MarketFact]
    public async Task WrongReceipt_IsVouchedForByNobody()
    {
        await using NodeRig rig = await CourtRig.CreateAsync(Units);
        string file = (await EvidenceAsync(rig, receipt => receipt with
        {
            OutputRoot = Keccak256.Hash("x"u8),
        })).File;
        rig.Must("key", "new", rig.PathOf("member0.key"));
        (int status, _, string error) = NodeRig.Run(
            VouchArguments(rig, file, rig.Deployment("court"), 0));
        Assert.Equal(1, status);
        Assert.Contains("nothing is signed", error, StringComparison.Ordinal);
    }

    /// <summary>R22: cancelled before the first step, and claimed as if served: the receipt of no
    /// steps brings the whole price back to the holder.</summary>
    [MarketFact]
    public async Task SmallerReceipt_BringsTheDifferenceBack()
    {
        await using NodeRig rig = await CourtRig.CreateAsync(Units);
        (string file, long worth) = await ClaimAsync(rig, isCancelled: true);
        string[] smaller =
        [
            "court", "smaller", file, "--rpc", rig.Rpc, "--deployment",
            rig.PathOf("deployment.json"), "--key",
        ];
        (int status, _, string error) = NodeRig.Run([.. smaller, rig.PathOf("provider.key")]);
        Assert.Equal(1, status);
        Assert.Contains("may not do this", error, StringComparison.Ordinal);
        Assert.Equal(worth, NodeRig.Units(
            rig.Json([.. smaller, rig.PathOf("holder.key")]), "refundable"));
        JsonElement got = Court(rig, "holder", "collect");
        Assert.Equal(worth, NodeRig.Units(got, "refunded"));
        Assert.Equal($"{worth}", got.GetProperty("settled").GetString());
        Assert.Equal(worth, NodeRig.Units(Status(rig, 0), "refunded"));
        Assert.Equal(0, NodeRig.Units(Court(rig, "holder", "collect"), "refunded"));
    }

    /// <summary>An order that was served and claimed without an ack, and its evidence.</summary>
    /// <returns>The evidence, and token base units that the claim paid.</returns>
    private static async Task<(string File, long Worth)> ClaimAsync(NodeRig rig, bool isCancelled)
    {
        (string file, Delivery delivery) = await EvidenceAsync(rig, receipt => isCancelled
            ? receipt with { Steps = 0, Units = 0, OutputRoot = ReceiptCheck.NothingRoot }
            : receipt);
        using ChainSession chain = await SessionAsync(rig);
        VoucherClass terms = ChannelFile.LoadClass(rig.PathOf("channel.json"))!.Value;
        await chain.Sender.SendAsync("claim", Address.Parse(rig.Deployment("claims")),
            ClaimsContract.Claim(terms, ChannelFile.Load(rig.PathOf("channel.json")), default,
                [delivery]), default);
        long worth = NodeRig.Units(Status(rig, 0), "claimed");
        Assert.InRange(worth, 1, long.MaxValue);
        return (file, worth);
    }

    /// <summary>What a holder keeps of an order, and what its node can claim it with.</summary>
    /// <param name="rig">The market.</param>
    /// <param name="told">The receipt that the holder was given.</param>
    private static async Task<(string File, Delivery Delivery)> EvidenceAsync(
        NodeRig rig, Func<Receipt, Receipt> told)
    {
        VoucherDomain domain = DeploymentFile.Load(rig.PathOf("deployment.json")).Domain;
        ChannelTerms channel = ChannelFile.Load(rig.PathOf("channel.json"));
        using IModel model = ModelFile.Open(rig.Model);
        byte[] input = File.ReadAllBytes(rig.Input)[..model.InputBytesMax];
        using IModelSession session = model.CreateSession(Backend.Auto, 1);
        RunResult result = session.Run(input, new RunOptions());
        using JsonRpcClient rpc = ChainSession.Connect([rig.Rpc], SendRules.Reading);
        ulong now = (await rpc.BlockAsync(BlockTag.Latest, default))!.Timestamp;
        using PrivateKey spend = KeyFile.Load(rig.PathOf("spend.key"));
        using PrivateKey node = KeyFile.Load(rig.PathOf("node.key"));
        Order order = new(channel.HashStruct(), 0, model.ModelRoot, result.InputRoot,
            result.Units, now + 60, OrderFlags.None, default);
        Signature signature = spend.Sign(order.Digest(domain.VouchersSeparator));
        Receipt right = new(
            order.HashStruct(), result.Steps, result.OutputRoot, default, result.Units);
        Signature signed = node.Sign(right.Digest(domain.VouchersSeparator));
        Receipt given = told(right);
        string file = rig.PathOf("order.evidence");
        File.WriteAllBytes(file, new EvidenceBundle
        {
            Domain = domain,
            Class = ChannelFile.LoadClass(rig.PathOf("channel.json"))!.Value,
            Channel = channel,
            Order = SignedPayload.Encode(order, signature),
            Input = input,
            Receipt = SignedPayload.Encode(
                given, node.Sign(given.Digest(domain.VouchersSeparator))),
        }.Encode());
        return (file, new Delivery(
            order, signature, SignedStatement.Of(right, signed), result.Output));
    }

    private static string Vouch(NodeRig rig, string file, string committee, int member) =>
        rig.Json(VouchArguments(rig, file, committee, member))
            .GetProperty("signature").GetString()!;

    private static string[] VouchArguments(
        NodeRig rig, string file, string committee, int member) =>
    [
        "court", "vouch", file, "--deployment", rig.PathOf("deployment.json"), "--verifier",
        committee, "--member-key", rig.PathOf($"member{member}.key"), "--model", rig.Model,
    ];

    private static string[] Evidence(
        string what, NodeRig rig, string file, string committee, params string[] more) =>
    [
        "court", what, file, "--key", rig.PathOf("provider.key"), "--verifier", committee, .. more,
    ];

    /// <summary>What is said where it is refused.</summary>
    private static string Finalise(
        NodeRig rig, string file, string committee, params string[] more)
    {
        (int status, _, string error) = NodeRig.Run(
        [
            .. Evidence("finalise", rig, file, committee, more), "--rpc", rig.Rpc,
            "--deployment", rig.PathOf("deployment.json"),
        ]);
        Assert.Equal(more.Length == 0 ? 2 : 1, status);
        return error;
    }

    private static async Task<Address> CommitteeAsync(
        NodeRig rig, Address[] members, ulong threshold)
    {
        AbiWriter elements = new();
        foreach (Address member in members)
        {
            elements.Write(member);
        }

        byte[] arguments = new AbiWriter().WriteArray(members.Length, elements).Write(threshold)
            .ToArray();
        return await CreateAsync(rig, [.. CourtDeployment.CodeOf("Committee"), .. arguments]);
    }

    private static async Task<Address> CreateAsync(NodeRig rig, byte[] code)
    {
        using ChainSession chain = await SessionAsync(rig);
        return (await chain.Sender.SendAsync("create", null, code, default))
            .ContractAddress!.Value;
    }

    private static Task<ChainSession> SessionAsync(NodeRig rig) => ChainSession.OpenAsync(
        [rig.Rpc], DeploymentFile.Load(rig.PathOf("deployment.json")),
        KeyFile.Load(rig.PathOf("provider.key")), SendRules.Quiet, default);

    private static string[] Arguments(NodeRig rig, string key, string what, string[] more) =>
    [
        "court", what, "--key", rig.PathOf(key + ".key"), "--channel", rig.PathOf("channel.json"),
        "--rpc", rig.Rpc, "--deployment", rig.PathOf("deployment.json"), .. more,
    ];

    private static JsonElement Court(
        NodeRig rig, string key, string what, params string[] more) =>
        rig.Json(Arguments(rig, key, what, more));

    private static string Refused(
        NodeRig rig, int wanted, string key, string what, params string[] more)
    {
        (int status, _, string error) = NodeRig.Run(Arguments(rig, key, what, more));
        Assert.Equal(wanted, status);
        return error;
    }

    private static JsonElement Status(NodeRig rig) => rig.OnChain(
        "court", "status", "--channel", rig.PathOf("channel.json"));

    private static JsonElement Status(NodeRig rig, ulong seq) => rig.OnChain(
        "court", "status", "--channel", rig.PathOf("channel.json"), "--seq", $"{seq}")
        .GetProperty("order");

    private static async Task<bool> MayActAsync(NodeRig rig, string who)
    {
        using JsonRpcClient rpc = ChainSession.Connect([rig.Rpc], SendRules.Reading);
        return await new CourtContract(rpc, Address.Parse(rig.Deployment("court"))).MayActAsync(
            ChannelFile.Load(rig.PathOf("channel.json")), Address.Parse(who), BlockTag.Latest,
            default);
    }

    private static async Task<bool> IsRecordedAsync(NodeRig rig, string signer, Bytes32 hash)
    {
        using JsonRpcClient rpc = ChainSession.Connect([rig.Rpc], SendRules.Reading);
        Bytes32 separator =
            DeploymentFile.Load(rig.PathOf("deployment.json")).Domain.VouchersSeparator;
        byte[] answer = await rpc.CallAsync(
            new CallRequest(default, Address.Parse(rig.Deployment("court")), new AbiWriter()
                .Write(Address.Parse(signer))
                .Write(Eip712.Digest(separator, hash))
                .ToCall(FunctionSelector.Of("recorded(address,bytes32)"))),
            BlockTag.Latest, default);
        return answer[^1] == 1;
    }
}
