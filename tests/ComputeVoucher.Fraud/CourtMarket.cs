using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Fraud;

/// <summary>A chain with the real contracts and their court, one class, a provider with a bond, a
/// holder, and a watcher that he appointed.</summary>
public sealed class CourtMarket : IAsyncDisposable
{
    public const ulong Bond = 1_000_000;

    /// <summary>Units locked in a channel, and what it paid before any dispute.</summary>
    private const ulong Locked = 1_000_000_000;

    private const ulong Paid = 400_000;

    private const int WatcherNumber = 77;

    private readonly AnvilProcess _anvil;
    private readonly PrivateKey _deployer = PrivateKey.Parse(AnvilProcess.Keys[0]);
    private int _salts;

    private CourtMarket(AnvilProcess anvil)
    {
        _anvil = anvil;
        Rpc = new JsonRpcClient(
            new RpcOptions { Endpoints = [anvil.Url], EndpointRest = TimeSpan.Zero },
            new ManualClock());
    }

    /// <summary>What is missing for it, or null.</summary>
    public static string? Missing { get; } =
        AnvilProcess.Binary is null ? "anvil is absent: npm ci in src/contracts"
        : !File.Exists(Path.Combine(CompiledContract.OutFolder, "Court.json"))
            ? "src/contracts/out is absent: node src/contracts/build.mjs" : null;

    internal AnvilProcess Anvil => _anvil;

    internal JsonRpcClient Rpc { get; }

    /// <summary>The chain's, which a test may move.</summary>
    internal ChainClock Clock { get; } = new();

    internal VoucherDomain Domain { get; private set; } = null!;

    internal VoucherClass Class { get; private set; }

    internal Erc20Contract Token { get; private set; } = null!;

    internal Address Court { get; private set; }

    internal DisputesContract Disputes { get; private set; } = null!;

    internal RegistryContract Registry { get; private set; } = null!;

    internal Address Claims { get; private set; }

    internal Address Challenges { get; private set; }

    internal PrivateKey Provider { get; } = PrivateKey.Parse(AnvilProcess.Keys[1]);

    internal PrivateKey Holder { get; } = PrivateKey.Parse(AnvilProcess.Keys[2]);

    internal PrivateKey Spender { get; } = PrivateKey.Parse(AnvilProcess.Keys[3]);

    /// <summary>Of <see cref="Watcher"/>, as a key file has it.</summary>
    internal static string WatcherSecret { get; } =
        $"{Keccak256.Hash(BitConverter.GetBytes(WatcherNumber))}";

    internal PrivateKey Watcher { get; } = KeyOf(WatcherNumber);

    public static async Task<CourtMarket> StartAsync()
    {
        CourtMarket market = new(await AnvilProcess.StartAsync("--hardfork prague"));
        await market.DeployAsync();
        await market.OpenAsync();
        return market;
    }

    public async ValueTask DisposeAsync()
    {
        Rpc.Dispose();
        await _anvil.DisposeAsync();
    }

    /// <summary>A node with a bond in front of the court.</summary>
    internal async Task<PrivateKey> NewNodeAsync()
    {
        PrivateKey node = KeyOf(1_000 + Interlocked.Increment(ref _salts));
        await FundAsync(node);
        Signature join = node.Sign(
            new NodeJoin(Provider.Address).Digest(Domain.ProvidersSeparator));
        await SendAsync(Provider, Domain.Providers, ProvidersContract.Join(node.Address, join));
        await SendAsync(Provider, Domain.Providers, ProvidersContract.Stake(
            node.Address, Class.Token, Court, Bond));
        return node;
    }

    /// <summary>A channel that has paid the node, with the watcher appointed.</summary>
    /// <param name="node">Who serves it.</param>
    /// <param name="paid">Units of the ack.</param>
    /// <param name="nextSeq">Orders before it are paid.</param>
    internal async Task<ChannelTerms> NewChannelAsync(
        PrivateKey node, ulong paid = Paid, ulong nextSeq = 1)
    {
        ChannelTerms terms = new(
            Holder.Address, node.Address, Spender.Address, Class.HashStruct(),
            Keccak256.Hash(BitConverter.GetBytes(Interlocked.Increment(ref _salts))));
        await SendAsync(Holder, Domain.Vouchers, VouchersContract.Open(Class, terms, Locked));
        await SendAsync(Holder, Court, CourtContract.Appoint(terms, Watcher.Address, true));
        (Ack ack, Signature signature) = AckOf(terms, paid, nextSeq);
        await SendAsync(Provider, Domain.Vouchers, VouchersContract.RedeemBatch(
            Class, node.Address, [RedeemRow.From(terms, ack, signature)]));
        return terms;
    }

    /// <summary>The ack that a channel paid by.</summary>
    internal (Ack Ack, Signature Signature) AckOf(
        ChannelTerms terms, ulong paid = Paid, ulong nextSeq = 1)
    {
        Ack ack = new(terms.HashStruct(), paid, nextSeq);
        return (ack, Spender.Sign(ack.Digest(Domain.VouchersSeparator)));
    }

    /// <inheritdoc cref="HidingContract"/>
    internal Task<Address> HideAsync() => CreateAsync(HidingContract.Creation, Provider);

    internal async Task AdmitAsync(IModel model)
    {
        byte[] page = model.Description.Architecture.ToArray();
        if (model.IsStream)
        {
            await SendAsync(_deployer, Registry.Address, RegistryContract.AdmitLanguage(
                model.Description.ParametersRoot, page));
            return;
        }

        await SendAsync(_deployer, Registry.Address, RegistryContract.Store(page));
        await SendAsync(_deployer, Registry.Address, RegistryContract.Start(
            model.Description.ParametersRoot, [Keccak256.Hash(page)]));
        await SendAsync(_deployer, Registry.Address, RegistryContract.Proceed(
            model.ModelRoot, UInt256.MaxValue));
    }

    internal async Task<TransactionReceipt> SendAsync(
        PrivateKey key, Address? to, byte[] data, UInt128 value = default)
    {
        OutboxOptions options = new()
        {
            ChainId = 31_337,
            Confirmations = 0,
            Fees = new FeeLimits { GasPriceMax = null, TransactionMax = null, DayMax = null },
        };
        using Outbox outbox = new(Rpc, new MemoryOutboxStore(), key, options, new ManualClock());
        await outbox.SubmitAsync(
            new OutboxRequest { Kind = "test", To = to, Data = data, Value = value }, default);
        TransactionReceipt? receipt = null;
        OutboxEntry? done = null;
        await Patience.UntilAsync(async () =>
        {
            foreach (OutboxChange change in await outbox.StepAsync(default))
            {
                receipt = change.Receipt ?? receipt;
                done = change.Entry.State >= OutboxState.Mined ? change.Entry : done;
            }

            return done is not null;
        }, () => outbox.Problem ?? "a transaction is not mined");
        return done!.Outcome == OutboxOutcome.Succeeded ? receipt!
            : throw new ChainException(ChainFault.Reverted, $"{done.Outcome} {done.Note}");
    }

    /// <summary>The chain's time goes on.</summary>
    internal async Task PassAsync(TimeSpan time)
    {
        await _anvil.RpcAsync("evm_increaseTime", $"{(long)time.TotalSeconds}");
        await _anvil.MineAsync();
        Clock.Ahead += time;
    }

    internal async Task<ulong> NowAsync() =>
        (await Rpc.BlockAsync(BlockTag.Latest, default))!.Timestamp;

    private async Task DeployAsync()
    {
        Address token = await CreateAsync(CourtDeployment.CodeOf("DevStablecoin"));
        Address providers = await CreateAsync(CourtDeployment.CodeOf("Providers"));
        Address vouchers = await CreateAsync(CourtDeployment.CodeOf("Vouchers", providers));
        CourtAddresses at = await CourtDeployment.CreateAsync(
            _deployer.Address, 3, vouchers, CreateAsync);
        Domain = new VoucherDomain(31_337, vouchers, providers);
        Token = new Erc20Contract(Rpc, token);
        Court = at.Court;
        Claims = at.Claims;
        Challenges = at.Challenges;
        Disputes = new DisputesContract(Rpc, at.Disputes);
        Registry = new RegistryContract(Rpc, at.Registry);
    }

    private async Task OpenAsync()
    {
        byte[] table = await Rpc.CallAsync(
            new CallRequest(
                default, Court, new AbiWriter().ToCall(FunctionSelector.Of("COST_TABLE()"))),
            BlockTag.Latest, default);
        // A unit is about a base unit.
        Class = new VoucherClass(
            Token.Address, 1_000_000_000, await NowAsync() + 90 * 86_400, 7 * 86_400, 2 * 86_400,
            0, 0, new Bytes32(table), Court);
        await FundAsync(Watcher);
        await SendAsync(Holder, Token.Address, Erc20Contract.Mint(Holder.Address, 1UL << 40));
        await SendAsync(
            Holder, Token.Address, Erc20Contract.Approve(Domain.Vouchers, UInt256.MaxValue));
        await SendAsync(Holder, Domain.Vouchers, VouchersContract.Mint(
            Class, 100 * Locked, Holder.Address));
        await SendAsync(Provider, Token.Address, Erc20Contract.Mint(Provider.Address, 1UL << 40));
        await SendAsync(
            Provider, Token.Address, Erc20Contract.Approve(Domain.Providers, UInt256.MaxValue));
    }

    private async Task FundAsync(PrivateKey key) => await _anvil.RpcAsync(
        "anvil_setBalance", $"\"{key.Address}\",\"0x56bc75e2d63100000\"");

    private Task<Address> CreateAsync(byte[] code) => CreateAsync(code, _deployer);

    private async Task<Address> CreateAsync(byte[] code, PrivateKey key) =>
        (await SendAsync(key, null, code)).ContractAddress!.Value;

    private static PrivateKey KeyOf(int number) =>
        PrivateKey.FromBytes(Keccak256.Hash(BitConverter.GetBytes(number)).Span);
}

/// <summary>The system's clock, ahead by what the chain was moved.</summary>
internal sealed class ChainClock : TimeProvider
{
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
}
