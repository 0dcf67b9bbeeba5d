using System;
using System.Globalization;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node.Tests.Courts;

/// <summary>A chain with the real contracts and the whole court, an admitted model, a bonded node
/// and a holder with vouchers.</summary>
internal sealed class CourtChain : IAsyncDisposable
{
    public const ulong Bond = 1_000_000_000;

    private const ulong UnitsBought = 1_000_000_000_000;

    private readonly AnvilProcess _anvil;
    private ulong _salts;

    private CourtChain(AnvilProcess anvil, JsonRpcClient rpc) => (_anvil, Rpc) = (anvil, rpc);

    public JsonRpcClient Rpc { get; }

    public PrivateKey Deployer { get; } = PrivateKey.Parse(AnvilProcess.Keys[0]);

    public PrivateKey Provider { get; } = PrivateKey.Parse(AnvilProcess.Keys[1]);

    public PrivateKey Holder { get; } = PrivateKey.Parse(AnvilProcess.Keys[2]);

    public PrivateKey Spender { get; } = PrivateKey.Parse(AnvilProcess.Keys[3]);

    public PrivateKey Node { get; } = PrivateKey.FromBytes(Keccak256.Hash("court node"u8).Span);

    public IModel Model { get; } = ModelFile.Open(NodeRig.ShippedModel);

    public VoucherDomain Domain { get; private set; } = null!;

    public VoucherClass Class { get; private set; }

    public CourtContract Court { get; private set; } = null!;

    public DisputesContract Disputes { get; private set; } = null!;

    public ClaimsContract Claims { get; private set; } = null!;

    public Address Challenges { get; private set; }

    public ProvidersContract Providers => new(Rpc, Domain.Providers);

    public VouchersContract Vouchers => new(Rpc, Domain.Vouchers);

    public static async Task<CourtChain> StartAsync()
    {
        AnvilProcess anvil = await AnvilProcess.StartAsync("--hardfork prague");
        JsonRpcClient rpc = new(
            new RpcOptions { Endpoints = [anvil.Url], EndpointRest = TimeSpan.Zero },
            new ManualClock());
        CourtChain chain = new(anvil, rpc);
        await chain.DeployAsync();
        return chain;
    }

    public async Task<BlockHeader> HeadAsync() =>
        (await Rpc.BlockAsync(BlockTag.Latest, default))!;

    /// <summary>Lets time pass, and a block say so.</summary>
    public async Task PassAsync(ulong seconds)
    {
        await _anvil.RpcAsync("evm_increaseTime", $"{seconds}");
        await _anvil.MineAsync();
    }

    /// <summary>So many blocks, which take a second each.</summary>
    public Task MineAsync(int blocks) => _anvil.MineAsync(blocks);

    public async Task<ChannelTerms> OpenChannelAsync(ulong units)
    {
        ChannelTerms terms = new(Holder.Address, Node.Address, Spender.Address,
            Class.HashStruct(), Keccak256.Hash(BitConverter.GetBytes(++_salts)));
        await SendAsync(Holder, Domain.Vouchers, VouchersContract.Open(Class, terms, units));
        return terms;
    }

    /// <summary>Sends from an account that anvil holds; it has to succeed.</summary>
    public async Task<JsonElement> SendAsync(
        PrivateKey from, Address? to, byte[] data, ulong wei = 0)
    {
        string target = to is { } address ? $"\"to\":\"{address}\"," : "";
        string value = wei.ToString("x", CultureInfo.InvariantCulture);
        JsonElement hash = await _anvil.RpcAsync(
            "eth_sendTransaction",
            $$"""
            {"from":"{{from.Address}}",{{target}}"gas":"0xf42400","value":"0x{{value}}",
            "data":"{{Hex.Encode(data)}}"}
            """);
        JsonElement receipt = default;
        await Patience.UntilAsync(async () =>
        {
            receipt = await _anvil.RpcAsync(
                "eth_getTransactionReceipt", $"\"{hash.GetString()}\"");
            return receipt.ValueKind == JsonValueKind.Object;
        });
        Assert.Equal("0x1", receipt.GetProperty("status").GetString());
        return receipt;
    }

    public async ValueTask DisposeAsync()
    {
        Model.Dispose();
        Rpc.Dispose();
        Array.ForEach<PrivateKey>([Deployer, Provider, Holder, Spender, Node], k => k.Dispose());
        await _anvil.DisposeAsync();
    }

    private async Task DeployAsync()
    {
        Address token = await CreateAsync(CourtDeployment.CodeOf("DevStablecoin"));
        Address providers = await CreateAsync(CourtDeployment.CodeOf("Providers"));
        Address vouchers = await CreateAsync(CourtDeployment.CodeOf("Vouchers", providers));
        Domain = new VoucherDomain(31337, vouchers, providers);
        CourtAddresses at = await CourtDeployment.CreateAsync(
            Deployer.Address, 3, vouchers, CreateAsync);
        Address court = at.Court;
        Challenges = at.Challenges;
        Court = new CourtContract(Rpc, court);
        Disputes = new DisputesContract(Rpc, at.Disputes);
        Claims = new ClaimsContract(Rpc, at.Claims);

        GraphModel graph = (GraphModel)Model;
        await SendAsync(Deployer, at.Registry, new AbiWriter()
            .Write(graph.Description.ParametersRoot).WriteBytes(graph.Architecture)
            .ToCall(FunctionSelector.Of("admit(bytes32,bytes)")));
        ulong now = (await HeadAsync()).Timestamp;
        Class = new VoucherClass(token, 1_000_000_000, now + 300 * 86_400, 3 * 86_400, 2 * 86_400,
            0, 0, CostTable.Hash, court);
        await BondAsync(token, providers, court);
        await SendAsync(
            Holder, token, Erc20Contract.Mint(Holder.Address, (UInt256)(UInt128.One << 100)));
        await SendAsync(Holder, token, Erc20Contract.Approve(vouchers, UInt256.MaxValue));
        await SendAsync(
            Holder, vouchers, VouchersContract.Mint(Class, UnitsBought, Holder.Address));
    }

    private async Task BondAsync(Address token, Address providers, Address court)
    {
        NodeJoin join = new(Provider.Address);
        await SendAsync(Provider, providers, ProvidersContract.Join(
            Node.Address, Node.Sign(join.Digest(Domain.ProvidersSeparator))));
        await SendAsync(Provider, token, Erc20Contract.Mint(Provider.Address, (UInt256)Bond));
        await SendAsync(Provider, token, Erc20Contract.Approve(providers, UInt256.MaxValue));
        await SendAsync(Provider, providers,
            ProvidersContract.Stake(Node.Address, token, court, Bond));
    }

    private async Task<Address> CreateAsync(byte[] code) => Address.Parse(
        (await SendAsync(Deployer, null, code)).GetProperty("contractAddress").GetString()!);
}
