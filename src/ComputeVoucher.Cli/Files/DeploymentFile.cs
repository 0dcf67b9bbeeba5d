using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>Where the contracts are: what <c>deploy</c> writes and everything else reads.</summary>
internal sealed record DeploymentFile
{
    private static readonly string[] s_courtFields =
    [
        "registry", "graphElements", "languages", "languageElements", "court", "disputes",
        "challenges", "contradictions", "claims",
    ];

    public required ulong ChainId { get; init; }

    public required Address Vouchers { get; init; }

    public required Address Providers { get; init; }

    /// <summary>Before the first of them was created.</summary>
    public required ulong Block { get; init; }

    /// <summary>Null where it was deployed without.</summary>
    public CourtAddresses? Court { get; init; }

    public Address? DevToken { get; init; }

    /// <summary>Who creates them, so that a run that was killed can go on.</summary>
    public Address? Deployer { get; init; }

    /// <summary>Of his first transaction.</summary>
    public ulong? Nonce { get; init; }

    public VoucherDomain Domain => new(ChainId, Vouchers, Providers);

    public static DeploymentFile Load(string path)
    {
        JsonFile file = JsonFile.Load(path, "computevoucher deploy --out FILE",
            ["chainId", "vouchers", "providers", "block", "devToken", .. s_courtFields, "deployer",
            "nonce"]);
        return new DeploymentFile
        {
            ChainId = (ulong)file.Number("chainId", ulong.MaxValue),
            Vouchers = file.Address("vouchers"),
            Providers = file.Address("providers"),
            Block = file.Has("block") ? (ulong)file.Number("block", ulong.MaxValue) : 0,
            Court = file.Has("court") ? CourtIn(file) : null,
            DevToken = file.Has("devToken") ? file.Address("devToken") : null,
            Deployer = file.Has("deployer") ? file.Address("deployer") : null,
            Nonce = file.Has("nonce") ? (ulong)file.Number("nonce", ulong.MaxValue) : null,
        };
    }

    public Report Report()
    {
        Report report = new Report()
            .Add("chainId", ChainId)
            .Add("vouchers", Vouchers.ToString())
            .Add("providers", Providers.ToString())
            .Add("block", Block);
        if (Court is { } court)
        {
            Address[] contracts =
            [
                court.Registry, court.GraphElements, court.Languages, court.LanguageElements,
                court.Court, court.Disputes, court.Challenges, court.Contradictions, court.Claims,
            ];
            for (int i = 0; i < contracts.Length; i++)
            {
                report.Add(s_courtFields[i], contracts[i].ToString());
            }
        }

        if (DevToken is { } token)
        {
            report.Add("devToken", token.ToString());
        }

        return Deployer is { } deployer && Nonce is ulong nonce
            ? report.Add("deployer", deployer.ToString()).Add("nonce", nonce)
            : report;
    }

    private static CourtAddresses CourtIn(JsonFile file) => new()
    {
        Registry = file.Address("registry"),
        GraphElements = file.Address("graphElements"),
        Languages = file.Address("languages"),
        LanguageElements = file.Address("languageElements"),
        Court = file.Address("court"),
        Disputes = file.Address("disputes"),
        Challenges = file.Address("challenges"),
        Contradictions = file.Address("contradictions"),
        Claims = file.Address("claims"),
    };
}
