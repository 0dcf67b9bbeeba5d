using System;
using System.Globalization;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>A chain with the whole court: a class, a bonded node, and a channel that has paid it
/// something, so that a conviction does all that one can do.</summary>
public sealed class DescentChain : IAsyncLifetime
{
    private const ulong Bond = 1_000_000_000;
    private const ulong UnitsLocked = 1_000_000_000_000;
    private const ulong UnitsPaid = 100_000_000;

    private AnvilProcess _anvil = null!;
    private ulong _seq;

    internal PrivateKey Deployer { get; } = PrivateKey.Parse(AnvilProcess.Keys[0]);

    internal PrivateKey Provider { get; } = PrivateKey.Parse(AnvilProcess.Keys[1]);

    internal PrivateKey Holder { get; } = PrivateKey.Parse(AnvilProcess.Keys[2]);

    internal PrivateKey Spender { get; } = PrivateKey.Parse(AnvilProcess.Keys[3]);

    internal PrivateKey Node { get; } = PrivateKey.FromBytes(Keccak256.Hash("descents"u8).Span);

    internal JsonRpcClient Rpc { get; private set; } = null!;

    internal VoucherDomain Domain { get; private set; } = null!;

    internal CourtAddresses Addresses { get; private set; } = null!;

    internal VoucherClass Class { get; private set; }

    internal ChannelTerms Channel { get; private set; }

    internal CourtContract Court => new(Rpc, Addresses.Court);

    internal DisputesContract Disputes => new(Rpc, Addresses.Disputes);

    public async Task InitializeAsync()
    {
        if (CourtChain.Missing is not null)
        {
            return;
        }

        _anvil = await AnvilProcess.StartAsync("--hardfork prague");
        Rpc = new JsonRpcClient(
            new RpcOptions { Endpoints = [_anvil.Url], EndpointRest = TimeSpan.Zero },
            new ManualClock());
        await DeployAsync();
        await OpenMarketAsync();
    }

    public async Task DisposeAsync()
    {
        Rpc?.Dispose();
        Array.ForEach<PrivateKey>([Deployer, Provider, Holder, Spender, Node], k => k.Dispose());
        if (_anvil is not null)
        {
            await _anvil.DisposeAsync();
        }
    }

    internal async Task AdmitAsync(IModel model)
    {
        if (model is LanguageModel)
        {
            await AdmitLanguageAsync(
                model.Description.ParametersRoot, model.Description.Architecture.ToArray());
            return;
        }

        byte[] architecture = model.Description.Architecture.ToArray();
        await SendAsync(Deployer, Addresses.Registry, RegistryContract.Store(architecture));
        await SendAsync(Deployer, Addresses.Registry, RegistryContract.Start(
            model.Description.ParametersRoot, [Keccak256.Hash(architecture)]));
        await SendAsync(Deployer, Addresses.Registry, RegistryContract.Proceed(
            model.ModelRoot, UInt256.MaxValue));
        Assert.Equal(1, await new RegistryContract(Rpc, Addresses.Registry)
            .FamilyAsync(model.ModelRoot, BlockTag.Latest, default));
    }

    internal async Task AdmitLanguageAsync(Bytes32 parametersRoot, byte[] architecture) =>
        await SendAsync(Deployer, Addresses.Registry, RegistryContract.AdmitLanguage(
            parametersRoot, architecture));

    /// <summary>An order, and the node's receipt for whatever it says that it has done.</summary>
    internal Task<(Brief Brief, SignedStatement Receipt)> OrderAsync(RecordedRun signed)
    {
        uint prompt = signed.Model is LanguageModel language
            ? (uint)language.Record(signed.Input).Prompt.Length : 0;
        return OrderAsync(
            signed.Model.ModelRoot, signed.Model.CheckInput(signed.Input).InputRoot,
            signed.Model.Costs.Run(prompt, signed.Steps, WantedProofs.None), signed.Steps,
            signed.Output.Root, signed.Trace.Root);
    }

    internal async Task<(Brief Brief, SignedStatement Receipt)> OrderAsync(
        Bytes32 model, Bytes32 input, ulong units, uint steps, Bytes32 output, Bytes32 trace)
    {
        Order order = new(Channel.HashStruct(), ++_seq, model, input, units,
            (await HeadAsync()).Timestamp + 600, OrderFlags.TraceRootWanted, default);
        Receipt receipt = new(order.HashStruct(), steps, output, trace, units);
        Bytes32 separator = Domain.VouchersSeparator;
        return (
            new Brief(Class, Channel, order, Spender.Sign(order.Digest(separator))),
            SignedStatement.Of(receipt, Node.Sign(receipt.Digest(separator))));
    }

    internal async Task<BlockHeader> HeadAsync() =>
        (await Rpc.BlockAsync(BlockTag.Latest, default))!;

    internal async Task PassAsync(ulong seconds)
    {
        await _anvil.RpcAsync("evm_increaseTime", $"{seconds}");
        await _anvil.MineAsync();
    }

    /// <summary>Runs something, and lets it not have been.</summary>
    internal async Task AsideAsync(Func<Task> run)
    {
        string id = (await _anvil.RpcAsync("evm_snapshot")).GetString()!;
        await run();
        await _anvil.RpcAsync("evm_revert", $"\"{id}\"");
    }

    /// <summary>Wei that an answer is prepaid with.</summary>
    internal async Task<UInt128> PrepaidAsync(ulong gas) => (await Disputes.Fees.PrepaidAsync(
        gas, BlockTag.Latest, default)).ToUInt128() * 2;

    /// <summary>It has to succeed.</summary>
    internal async Task<TransactionReceipt> SendAsync(
        PrivateKey from, Address? to, byte[] data, UInt128 wei = default)
    {
        string target = to is { } address ? $"\"to\":\"{address}\"," : "";
        string value = wei.ToString("x", CultureInfo.InvariantCulture);
        Bytes32 hash = Bytes32.Parse((await _anvil.RpcAsync(
            "eth_sendTransaction",
            $$"""
            {"from":"{{from.Address}}",{{target}}"gas":"0xf42400","value":"0x{{value}}",
            "data":"{{Hex.Encode(data)}}"}
            """)).GetString()!);
        TransactionReceipt? receipt = null;
        await Patience.UntilAsync(async () =>
            (receipt = await Rpc.ReceiptAsync(hash, default)) is not null);
        Assert.True(receipt!.IsSuccess, await WhyAsync(from.Address, to, data));
        return receipt;
    }

    private async Task<string> WhyAsync(Address from, Address? to, byte[] data)
    {
        try
        {
            await Rpc.CallAsync(
                new CallRequest(from, to ?? default, data), BlockTag.Latest, default);
            return "no reason any more";
        }
        catch (ChainException reason)
        {
            return reason.Message;
        }
    }

    private async Task DeployAsync()
    {
        Address providers = await CreateAsync(CourtDeployment.CodeOf("Providers"));
        Address vouchers = await CreateAsync(CourtDeployment.CodeOf("Vouchers", providers));
        Domain = new VoucherDomain(31337, vouchers, providers);
        CourtAddresses court = await CourtDeployment.CreateAsync(
            Deployer.Address, 2, vouchers, CreateAsync);
        Addresses = await CourtAddresses.FindAsync(
            Domain, court.Court, at => Rpc.CodeAsync(at, BlockTag.Latest, default));
        Assert.Equal(court, Addresses);
    }

    private async Task OpenMarketAsync()
    {
        Address token = await CreateAsync(CourtDeployment.CodeOf("DevStablecoin"));
        Class = new VoucherClass(token, 1_000_000_000,
            (await HeadAsync()).Timestamp + 1_800 * 86_400, 3 * 86_400,
            CourtLimits.WindowSecondsMin, 0, 0, CostTable.Hash, Addresses.Court);
        NodeJoin join = new(Provider.Address);
        await SendAsync(Provider, Domain.Providers, ProvidersContract.Join(
            Node.Address, Node.Sign(join.Digest(Domain.ProvidersSeparator))));
        await SendAsync(Provider, token, Erc20Contract.Mint(Provider.Address, Bond));
        await SendAsync(
            Provider, token, Erc20Contract.Approve(Domain.Providers, UInt256.MaxValue));
        await SendAsync(Provider, Domain.Providers,
            ProvidersContract.Stake(Node.Address, token, Class.Court, Bond));

        await SendAsync(Holder, token, Erc20Contract.Mint(Holder.Address, UInt128.One << 100));
        await SendAsync(
            Holder, token, Erc20Contract.Approve(Domain.Vouchers, UInt256.MaxValue));
        await SendAsync(Holder, Domain.Vouchers,
            VouchersContract.Mint(Class, UnitsLocked, Holder.Address));
        Channel = new ChannelTerms(Holder.Address, Node.Address, Spender.Address,
            Class.HashStruct(), default);
        await SendAsync(
            Holder, Domain.Vouchers, VouchersContract.Open(Class, Channel, UnitsLocked));
        Ack ack = new(Channel.HashStruct(), UnitsPaid, 1);
        RedeemRow row = RedeemRow.From(
            Channel, ack, Spender.Sign(ack.Digest(Domain.VouchersSeparator)));
        await SendAsync(Provider, Domain.Vouchers,
            VouchersContract.RedeemBatch(Class, Node.Address, [row]));
    }

    private async Task<Address> CreateAsync(byte[] code) =>
        (await SendAsync(Deployer, null, code)).ContractAddress!.Value;
}
