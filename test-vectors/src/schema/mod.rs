//! JSON Schemas of the files, made from one table of shapes.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};

use crate::case::{FORMAT, SPECIFICATION, VectorFile};

/// The schema of a file: the common frame, and the shape of every operation it uses.
pub fn of(file: &VectorFile) -> Result<Value> {
    let table = Table::parse(TABLE)?;
    let mut used: Vec<&str> = operations(file).collect();
    used.sort_unstable();
    used.dedup();
    let steps = used
        .iter()
        .map(|name| table.operations.get(*name).cloned())
        .collect::<Option<Vec<_>>>()
        .with_context(|| format!("{}: an operation without a shape", file.file))?;
    let mut definitions = table.definitions;
    definitions.insert("step".into(), json!({ "oneOf": steps }));
    definitions.insert("case".into(), case(&file.file));
    Ok(json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": format!("{}.json", file.file),
        "description": file.description,
        "type": "object",
        "properties": {
            "format": { "const": FORMAT },
            "specification": { "const": SPECIFICATION },
            "file": { "const": file.file },
            "description": { "type": "string" },
            "worlds": { "type": "object", "additionalProperties": step_list() },
            "cases": { "type": "array", "minItems": 1, "items": { "$ref": "#/definitions/case" } },
        },
        "required": ["format", "specification", "file", "description", "worlds", "cases"],
        "additionalProperties": false,
        "definitions": definitions,
    }))
}

/// The names of all operations that have a shape.
pub fn known_operations() -> Result<Vec<String>> {
    Ok(Table::parse(TABLE)?.operations.keys().cloned().collect())
}

/// The names of the operations that a file's steps run.
pub fn operations(file: &VectorFile) -> impl Iterator<Item = &str> {
    let worlds = file.worlds.values().filter_map(Value::as_array).flatten();
    let cases = file.cases.iter().flat_map(|case| &case.steps);
    worlds.chain(cases).filter_map(|step| step["op"].as_str())
}

fn case(file: &str) -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    structure(vec![
        (
            "id",
            json!({ "type": "string", "pattern": format!("^{file}-[0-9]{{3}}$") }),
        ),
        ("title", json!({ "type": "string", "minLength": 1 })),
        (
            "requirements",
            json!({ "type": "array", "items": { "type": "string", "pattern": "^R-[A-Z]+-[0-9]+$" } }),
        ),
        ("kind", json!({ "enum": ["accept", "reject"] })),
        ("defect", json!({ "type": ["string", "null"] })),
        ("kills", texts),
        ("world", json!({ "type": ["string", "null"] })),
        ("steps", step_list()),
    ])
}

fn step_list() -> Value {
    json!({ "type": "array", "minItems": 1, "items": { "$ref": "#/definitions/step" } })
}

/// The shapes of `operations.txt`.
struct Table {
    definitions: Map<String, Value>,
    operations: Map<String, Value>,
}

impl Table {
    fn parse(text: &str) -> Result<Self> {
        let mut table = Self {
            definitions: Map::new(),
            operations: Map::new(),
        };
        let lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        for line in lines {
            let parts: Vec<_> = line.split('|').map(str::trim).collect();
            match parts.as_slice() {
                [name, content] if name.starts_with('@') => {
                    table
                        .definitions
                        .insert(name[1..].into(), structure(fields(content)?));
                }
                [name, arguments, answer] => {
                    let shape = operation(name, fields(arguments)?, fields(answer)?);
                    table.operations.insert((*name).into(), shape);
                }
                _ => bail!("a line of operations.txt is neither a structure nor an operation: {line}"),
            }
        }
        Ok(table)
    }
}

fn operation(name: &str, arguments: Vec<(&str, Value)>, answer: Vec<(&str, Value)>) -> Value {
    let error = structure(vec![
        ("code", json!({ "type": "integer" })),
        ("name", json!({ "type": "string" })),
    ]);
    let expect =
        json!({ "oneOf": [structure(vec![("ok", structure(answer))]), structure(vec![("error", error)])] });
    let mut step = structure(
        [
            vec![("op", json!({ "const": name }))],
            arguments,
            vec![("expect", expect)],
        ]
        .concat(),
    );
    let draws = json!({ "type": "array", "items": { "type": "string", "pattern": HEX } });
    step["properties"]["random"] = draws;
    if name == "link.step" {
        step["properties"]["expect"]["oneOf"][0]["properties"]["ok"]["required"] =
            json!(["output", "digits"]);
    }
    step
}

fn structure(fields: Vec<(&str, Value)>) -> Value {
    let required: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
    let properties: Map<_, _> = fields
        .iter()
        .map(|(name, shape)| ((*name).to_owned(), shape.clone()))
        .collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn fields(text: &str) -> Result<Vec<(&str, Value)>> {
    text.split_whitespace()
        .map(|field| {
            let (name, shape) = field
                .split_once(':')
                .with_context(|| format!("no type in {field}"))?;
            Ok((name, shape_of(shape)?))
        })
        .collect()
}

fn shape_of(text: &str) -> Result<Value> {
    if let Some(inner) = text.strip_prefix('?') {
        return Ok(json!({ "oneOf": [{ "type": "null" }, shape_of(inner)?] }));
    }
    if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return Ok(json!({ "type": "array", "items": shape_of(inner)? }));
    }
    if let Some(name) = text.strip_prefix('@') {
        return Ok(json!({ "$ref": format!("#/definitions/{name}") }));
    }
    if let Some(length) = text.strip_prefix("hex").filter(|length| !length.is_empty()) {
        let length: usize = length.parse().with_context(|| format!("no length in {text}"))?;
        return Ok(json!({ "type": "string", "pattern": format!("^([0-9a-f]{{2}}){{{length}}}$") }));
    }
    Ok(match text {
        "hex" => json!({ "type": "string", "pattern": HEX }),
        "number" => json!({ "type": "integer", "minimum": 0 }),
        "digits" => json!({ "type": "string", "pattern": "^[0-9]+$" }),
        "flag" => json!({ "type": "boolean" }),
        "text" => json!({ "type": "string" }),
        "any" => json!({}),
        choices => {
            ensure!(choices.contains('/'), "no such type: {text}");
            json!({ "enum": choices.split('/').collect::<Vec<_>>() })
        }
    })
}

const HEX: &str = "^([0-9a-f]{2})*$";

const TABLE: &str = include_str!("operations.txt");
