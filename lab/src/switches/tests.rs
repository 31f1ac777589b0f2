use super::*;
use crate::aws::Guard;
use crate::task::DropTask;

async fn switches() -> (Switches, DropTask) {
    let (dynamodb, engine) = DynamoDb::open(None, "arn:aws:dynamodb:r:a", Guard::default()).await.expect("opens");
    let ssm = Ssm::new("r", "a", std::iter::empty(), Guard::default());
    ssm.put("/fleet/URL", "String", "http://127.0.0.1");
    let target = |id: &str, kind, name: &str| Target {
        id: id.to_owned(),
        kind,
        name: name.to_owned(),
        arn: format!("arn:of:{name}"),
    };
    let targets = vec![
        target("RidesTable", Kind::Table, "rides"),
        target("FleetUrl", Kind::Parameter, "/fleet/URL"),
        target("Payments", Kind::Queue, "payments"),
    ];
    let sqs = Sqs::new("r", "a", std::iter::empty(), Guard::default());
    (Switches { dynamodb, ssm, sqs, targets }, engine)
}

fn order(resource: &str, trouble: Wrong) -> Order {
    Order { resource: Some(resource.to_owned()), trouble: Some(trouble), ..Order::default() }
}

#[tokio::test]
async fn an_order_that_makes_no_sense_is_refused_by_name() {
    let (switches, _engine) = switches().await;
    let units = |read, write, burst| Wrong::Capacity(Throughput { read, write, burst });
    let disorder = |duplicates| Wrong::Disorder(Disorder { duplicates, ..Disorder::default() });
    let good = order("RidesTable", Wrong::Fail);
    let operation = |operation: &str| Some(operation.to_owned());
    for (order, named) in [
        (order("Rides", Wrong::Fail), "no table, parameter or queue \"Rides\"; it has RidesTable, FleetUrl, Payments"),
        (order("FleetUrl", units(1, 1, None)), "FleetUrl is a parameter"),
        (order("RidesTable", Wrong::Value("x".to_owned())), "RidesTable is a table"),
        (Order { resource: None, ..order("", units(1, 1, None)) }, "\"capacity\" needs a \"resource\""),
        (order("RidesTable", disorder(0.5)), "RidesTable is a table"),
        (order("Payments", disorder(1.5)), "\"duplicates\" is 1.5"),
        (order("RidesTable", units(0, 1, None)), "\"read\" is 0"),
        (order("RidesTable", units(1, 40_001, None)), "\"write\" is 40001"),
        (order("RidesTable", units(1, 1, Some(301))), "\"burst\" is 301"),
        (order("RidesTable", Wrong::Slow { ms: 0 }), "\"ms\" is 0"),
        (Order { share: Some(0.0), ..good.clone() }, "\"share\" is 0"),
        (Order { share: Some(1.1), ..good.clone() }, "\"share\" is 1.1"),
        (Order { share: Some(f64::NAN), ..good.clone() }, "\"share\" is NaN"),
        (Order { seed: Some(1), ..good.clone() }, "\"seed\" says nothing without a \"share\""),
        (Order { operation: operation("PutItm"), ..good.clone() }, "no operation \"PutItm\""),
        (Order { operation: operation("GetParameter"), ..good.clone() }, "no operation \"GetParameter\""),
        (Order { operation: operation("PutItem"), ..order("RidesTable", units(1, 1, None)) }, "\"operation\" says"),
        (Order { share: Some(0.5), ..order("RidesTable", units(1, 1, None)) }, "\"share\" says"),
        (Order { trouble: None, share: Some(0.5), ..good.clone() }, "\"share\" says"),
    ] {
        let refused = switches.carry_out(&order).expect_err("refused").to_string();
        assert!(refused.contains(named), "{refused:?} should say {named:?}");
    }
    let before = switches.dynamodb.switch.before("dynamodb:PutItem", &["arn:of:rides".to_owned()]).await;
    assert_eq!(before, None, "a refused order changes nothing");
}

#[tokio::test]
async fn a_parameter_that_was_overwritten_gets_its_value_back() {
    let (switches, _engine) = switches().await;
    for hostile in ["http://one.example", "http://two.example"] {
        switches.carry_out(&order("FleetUrl", Wrong::Value(hostile.to_owned()))).expect("carried out");
        assert_eq!(switches.ssm.get("/fleet/URL").as_deref(), Some(hostile));
    }
    for _ in 0..2 {
        switches.carry_out(&Order::default()).expect("carried out");
        assert_eq!(switches.ssm.get("/fleet/URL").as_deref(), Some("http://127.0.0.1"));
    }
}

#[tokio::test]
async fn an_order_without_a_resource_is_for_all_that_have_its_operation() {
    let (switches, _engine) = switches().await;
    let put = Order { trouble: Some(Wrong::Fail), operation: Some("PutItem".to_owned()), ..Order::default() };
    switches.carry_out(&put).expect("carried out");
    let rides = ["arn:of:rides".to_owned()];
    assert!(switches.dynamodb.switch.before("dynamodb:PutItem", &rides).await.is_some());
    assert!(switches.dynamodb.switch.before("dynamodb:GetItem", &rides).await.is_none());
    assert!(switches.ssm.switch.before("ssm:GetParameter", &["arn:of:/fleet/URL".to_owned()]).await.is_none());
}
